/**
 * A program as one ONNX `Loop`: what does not change within a call is computed before it, carried
 * values go round, scanned values are read by the iteration's number.
 */
import type { Precision, Program } from "#engine/backend.ts";
import { programOutputs } from "#engine/graph/program.ts";
import type { Graph, OnnxNode, ValueInfo } from "#engine/onnx/model.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Device } from "./emitter.ts";
import { Emitter } from "./emitter.ts";
import { lowerGraph } from "./lower.ts";
import type { Written } from "./session.ts";
import { describeValue } from "./values.ts";

/** Names of the model's inputs and outputs, apart from the names that the emitter gives. */
export const names = {
  steps: "steps",
  input: (input: InputNode): string => `in:${input.attributes.name}`,
  carried: (input: InputNode): string => `out:${input.attributes.name}`,
  emitted: (name: string): string => `emit:${name}`,
} as const;

/** Names inside the body. */
const inner = {
  iteration: "iteration",
  condition: "condition",
  goOn: "goOn",
  carried: (input: InputNode): string => `carry:${input.attributes.name}`,
  next: (input: InputNode): string => `next:${input.attributes.name}`,
  emitted: (name: string): string => `step:${name}`,
} as const;

/** The program as a model. */
export function writeLoop(program: Program, precision: Precision, device?: Device): Written {
  const emit = new Emitter(precision, device);
  const leaving = lowerBody(program, emit);
  const { outer, body } = emit.sections([], [inner.goOn, ...leaving.map(({ name }) => name)]);
  const step: Graph = {
    name: `${program.name}/step`,
    ...body,
    inputs: [
      { name: inner.iteration, type: "int64", shape: [] },
      { name: inner.condition, type: "bool", shape: [] },
      ...program.carried.map(({ input }) => describeValue(inner.carried(input), input, precision)),
    ],
    outputs: [{ name: inner.goOn, type: "bool", shape: [] }, ...leaving],
  };
  const graph: Graph = {
    name: program.name,
    nodes: [...outer.nodes, loopNode(program, step)],
    initializers: outer.initializers,
    inputs: inputsOf(program, precision),
    outputs: outputsOf(program, precision),
  };
  return { graph, external: emit.external };
}

/** Writes one step. Every value that leaves is a copy of its own, so that no two are the same. */
function lowerBody(program: Program, emit: Emitter): ValueInfo[] {
  emit.bodyInput(inner.iteration);
  emit.bodyInput(inner.condition);
  const bound = new Map<Node, string>();
  for (const { input, value } of program.constants) bound.set(input, emit.host(value));
  for (const input of program.invariants) bound.set(input, names.input(input));
  for (const { input } of program.carried) bound.set(input, emit.bodyInput(inner.carried(input)));
  for (const input of program.scanned) {
    bound.set(input, emit.emit("Gather", [names.input(input), inner.iteration]));
  }
  const outputs = programOutputs(program);
  const values = lowerGraph(outputs, bound, emit);
  emit.identity(inner.condition, { name: inner.goOn, body: true });
  const own = [
    ...program.carried.map(({ input }) => inner.next(input)),
    ...Object.keys(program.emitted).map(inner.emitted),
  ];
  return outputs.map((node, at) => {
    const name = emit.identity(values[at] ?? "", { name: own[at] ?? "", body: true });
    return describeValue(name, node, emit.precision);
  });
}

function loopNode(program: Program, body: Graph): OnnxNode {
  return {
    operator: "Loop",
    inputs: [names.steps, "", ...program.carried.map(({ input }) => names.input(input))],
    outputs: [
      ...program.carried.map(({ input }) => names.carried(input)),
      ...Object.keys(program.emitted).map(names.emitted),
    ],
    attributes: { body: { type: "graph", value: body } },
  };
}

function inputsOf(program: Program, precision: Precision): ValueInfo[] {
  const whole = [...program.invariants, ...program.carried.map(({ input }) => input)];
  return [
    { name: names.steps, type: "int64", shape: [] },
    ...whole.map((input) => describeValue(names.input(input), input, precision)),
    ...program.scanned.map((input) => stacked(describeValue(names.input(input), input, precision))),
  ];
}

function outputsOf(program: Program, precision: Precision): ValueInfo[] {
  return [
    ...program.carried.map(({ input }) => describeValue(names.carried(input), input, precision)),
    ...Object.entries(program.emitted).map(([name, node]) =>
      stacked(describeValue(names.emitted(name), node, precision)),
    ),
  ];
}

/** With an outermost axis for the steps. */
function stacked(value: ValueInfo): ValueInfo {
  return { ...value, shape: ["steps", ...value.shape] };
}
