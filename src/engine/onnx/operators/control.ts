/** If and Loop, where everything that decides about them is known when the model is imported. */
import { concat, constant } from "#engine/graph/build.ts";
import { tensor } from "#engine/tensor.ts";
import { type Laid, laid, plain, reshaped, shapeOf } from "../laid.ts";
import { entry } from "./translation.ts";

/** Most turns of a loop that are written out. */
const turnsMax = 1000;

const if_ = entry(
  "the branch that a known condition chooses",
  (call) => {
    const chosen = call.known(0)?.data[0];
    return call.around.subgraph(call.graph(chosen ? "then_branch" : "else_branch"), []);
  },
  { derivative: "folded" },
);

const flag = (value: boolean): Laid => laid(constant(tensor("bool", [], [Number(value)])));

/** Results of all turns, one behind the other on a new first axis. */
function stacked(turns: readonly Laid[]): Laid {
  return laid(
    concat(
      turns.map((turn) => plain(reshaped(turn, [1, ...shapeOf(turn)]))),
      0,
    ),
  );
}

const loop = entry(
  "its body written out for each of a known number of turns",
  (call) => {
    const body = call.graph("body");
    const carried = body.inputs.length - 2;
    const turns = call.known(0)?.data[0] ?? turnsMax + 1;
    let goesOn = (call.known(1)?.data[0] ?? 1) !== 0;
    let state = Array.from({ length: carried }, (_, at) => call.any(at + 2));
    const scanned: Laid[][] = body.outputs.slice(carried + 1).map(() => []);
    for (let turn = 0; turn < turns && goesOn; turn += 1) {
      if (turn >= turnsMax) throw call.refuse(`it turns more than ${turnsMax} times`);
      const index = laid(constant(tensor("int32", [], [turn])));
      const results = call.around.subgraph(body, [index, flag(true), ...state]);
      const condition = results[0] && call.around.frozen(results[0]);
      if (condition?.op !== "constant") throw call.refuse("its condition depends on the data");
      goesOn = condition.attributes.tensor.data[0] !== 0;
      state = results.slice(1, carried + 1);
      for (const [at, result] of results.slice(carried + 1).entries()) scanned[at]?.push(result);
    }
    if (scanned.some((list) => list.length === 0)) throw call.refuse("it never turns");
    return [...state, ...scanned.map(stacked)];
  },
  { derivative: "exact" },
);

export const controlOperators = { If: if_, Loop: loop } as const;
