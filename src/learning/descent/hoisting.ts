/**
 * A program in two: what does not change from step to step, as a procedure that is called once for
 * an anchor, and steps that read its results. A call of a loop would compute them anew each time.
 */
import type { Constant, Procedure, Program, Tensors } from "#engine/backend.ts";
import { input } from "#engine/graph/build.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn, inputsOf, substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";

export interface Hoisted {
  /** Yields the invariants of `steps` that begin with "primal/". */
  readonly primals: Procedure;
  readonly steps: Program;
}

const isLeaf = ({ op }: Node): boolean => op === "input" || op === "constant";

export function hoisted(program: Program): Hoisted {
  const outputs = simplify(programOutputs(program));
  const roots = [...program.carried.map((carried) => carried.input), ...program.scanned];
  const moving = dependsOn(outputs, new Set<Node>(roots));
  const kept = new Map<Node, InputNode>();
  const keep = (node: Node): void => {
    if (isLeaf(node) || moving.has(node) || kept.has(node)) return;
    kept.set(node, input(`primal/${kept.size}`, node.shape, node.kind));
  };
  for (const node of moving) node.inputs.forEach(keep);
  outputs.forEach(keep);
  const rest = substitute(outputs, kept);
  const leaves = leavesOf(rest, program);
  const count = program.carried.length;
  return {
    primals: {
      name: `primals of ${program.name}`,
      ...leavesOf([...kept.keys()], program),
      outputs: Object.fromEntries(
        [...kept].map(([node, { attributes }]) => [attributes.name, node]),
      ),
    },
    steps: {
      ...program,
      constants: leaves.constants,
      invariants: leaves.inputs.filter((node) => !roots.includes(node)),
      carried: program.carried.map((carried, at) => ({
        input: carried.input,
        output: rest[at] as Node,
      })),
      emitted: Object.fromEntries(
        Object.keys(program.emitted).map((name, at) => [name, rest[count + at] as Node]),
      ),
    },
  };
}

function leavesOf(outputs: readonly Node[], { constants }: Program) {
  const leaves = inputsOf(outputs);
  const isConstant = (node: InputNode) => constants.some((it) => it.input === node);
  return {
    constants: constants.filter((it: Constant) => leaves.includes(it.input)),
    inputs: leaves.filter((node) => !isConstant(node)),
  };
}

/** Those values that the inputs name. */
export function valuesFor(inputs: readonly InputNode[], values: Tensors): Tensors {
  return Object.fromEntries(
    inputs.flatMap(({ attributes: { name } }) => {
      const value = values[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
