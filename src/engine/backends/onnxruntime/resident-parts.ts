/**
 * Takes a training loop apart into graphs that are evaluated once each: what invariants determine,
 * one step, and what goes to the device and comes back. Opens no session.
 */
import type { Procedure, Program } from "#engine/backend.ts";
import * as g from "#engine/graph/build.ts";
import { bytesOfNode } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { hoistable } from "#engine/graph/sequence.ts";
import { dependsOn, inputsOf, substitute } from "#engine/graph/walk.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { tensor } from "#engine/tensor.ts";

const precision = "float32";
/** Steps whose scanned and emitted values are on the device at once. */
const capacityMax = 64;
const seriesBytesMax = 2 ** 22;

/** The parts of a program, each a graph that is evaluated once. */
export interface Parts {
  readonly capacity: number;
  /** From invariants: what the steps need of them. Undefined when they need nothing. */
  readonly prelude: Procedure | undefined;
  /** Scanned values of `capacity` steps, on their way to the device. */
  readonly upload: Procedure | undefined;
  readonly step: Procedure;
  /** Emitted values of `capacity` steps, on their way back. */
  readonly collect: Procedure | undefined;
  /** Carried values on their way back. */
  readonly readBack: Procedure | undefined;
}

/** Names of what a program does not name itself. */
export const named = {
  at: "step/at",
  fixed: (index: number): string => `fixed/${index}`,
  series: (name: string): string => `series/${name}`,
  result: (name: string): string => `result/${name}`,
} as const;

const copies = (name: string, inputs: readonly InputNode[]): Procedure | undefined =>
  inputs.length === 0
    ? undefined
    : {
        name,
        constants: [],
        inputs,
        outputs: Object.fromEntries(inputs.map((node) => [node.attributes.name, node])),
      };

/** The value of a step put in its place among the results so far. */
function placed(value: Node, results: InputNode, at: Node): Node {
  const [capacity = 1] = results.shape;
  const column = [capacity, ...value.shape.map(() => 1)];
  const places = g.constant(tensor("int32", [capacity], [...Array(capacity).keys()]));
  const isHere = g.equal(
    g.reshape(places, column),
    g.reshape(
      at,
      column.map(() => 1),
    ),
  );
  return g.select(isHere, g.reshape(value, [1, ...value.shape]), results);
}

/** Inputs that stand in a step for what comes from elsewhere. */
interface Stand {
  readonly at: InputNode;
  readonly fixed: readonly Node[];
  readonly held: readonly InputNode[];
  readonly series: readonly InputNode[];
  readonly results: readonly InputNode[];
}

/** How many steps' scanned and emitted values may be on the device. */
function capacityOf({ scanned, emitted }: Program): number {
  const bytes = [...scanned, ...Object.values(emitted)].reduce(
    (sum, node) => sum + bytesOfNode(node, precision),
    1,
  );
  return Math.max(1, Math.min(capacityMax, Math.floor(seriesBytesMax / bytes)));
}

function standFor(program: Program, capacity: number): Stand {
  const { carried, scanned, constants } = program;
  const outputs = programOutputs(program);
  const stepwise = new Set<Node>([...carried.map(({ input }) => input), ...scanned]);
  const isConstant = new Set<Node>(constants.map(({ input }) => input));
  const fixed = [...hoistable(outputs, dependsOn(outputs, stepwise))].filter(
    (node) => node.op !== "constant" && !isConstant.has(node),
  );
  const many = (name: string, node: Node): InputNode =>
    g.input(name, [capacity, ...node.shape], node.kind);
  return {
    at: g.input(named.at, [1], "integer"),
    fixed,
    held: fixed.map((node, index) => g.input(named.fixed(index), node.shape, node.kind)),
    series: scanned.map((node) => many(named.series(node.attributes.name), node)),
    results: Object.entries(program.emitted).map(([name, node]) => many(named.result(name), node)),
  };
}

/** One step as a graph: next carried values, results with the step's in place, the next place. */
function stepOf(program: Program, stand: Stand): Procedure {
  const { carried, scanned, constants } = program;
  const { at, fixed, held, series, results } = stand;
  const replacements = new Map<Node, Node>(fixed.map((node, i) => [node, held[i] ?? node]));
  for (const [i, node] of scanned.entries()) {
    replacements.set(node, g.reshape(g.gather(series[i] ?? node, at, 0), node.shape));
  }
  const next = substitute(programOutputs(program), replacements);
  const one = g.constant(tensor("int32", [1], [1]));
  const outputs: Record<string, Node> = { [named.at]: g.add(at, one) };
  for (const [i, { input }] of carried.entries()) {
    outputs[input.attributes.name] = next[i] ?? input;
  }
  for (const [i, name] of Object.keys(program.emitted).entries()) {
    const [value, into] = [next[carried.length + i], results[i]];
    if (value === undefined || into === undefined) continue;
    outputs[named.result(name)] = placed(value, into, at);
  }
  const reached = new Set<Node>(inputsOf(Object.values(outputs)));
  const all = [...carried.map(({ input }) => input), ...held, ...series, ...results, at];
  const inputs = all.filter((node) => reached.has(node));
  return { name: `${program.name}/step`, constants, inputs, outputs };
}

/** Splits a program whose promises have been checked. */
export function partsOf(program: Program): Parts {
  const capacity = capacityOf(program);
  const stand = standFor(program, capacity);
  const { constants, invariants, carried } = program;
  const prelude = {
    name: `${program.name}/prelude`,
    constants,
    inputs: invariants,
    outputs: Object.fromEntries(stand.fixed.map((node, at) => [named.fixed(at), node])),
  };
  return {
    capacity,
    prelude: stand.fixed.length === 0 ? undefined : prelude,
    upload: copies(`${program.name}/upload`, stand.series),
    step: stepOf(program, stand),
    collect: copies(`${program.name}/collect`, stand.results),
    readBack: copies(
      `${program.name}/read`,
      carried.map(({ input }) => input),
    ),
  };
}

/** Buffers of WebGPU hold no booleans: such a program stays a Loop. */
export function canReside({ carried, scanned, emitted }: Program): boolean {
  const nodes = [...carried.map(({ input }) => input), ...scanned, ...Object.values(emitted)];
  return nodes.every(({ kind }) => kind !== "boolean");
}
