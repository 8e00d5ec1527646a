/** A procedure as one ONNX model and its session. Loops are in loop.ts. */
import type { Callable, Precision, Procedure, Tensors } from "#engine/backend.ts";
import { checkProcedure, checkResult } from "#engine/graph/program.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { zeros } from "#engine/tensor.ts";
import type { Device } from "./emitter.ts";
import { Emitter } from "./emitter.ts";
import { lowerGraph } from "./lower.ts";
import type { NativeTensors, Session, SessionSettings, Written } from "./session.ts";
import { openSession, toNative } from "./session.ts";
import { describeValue, dtypeOf, fitted } from "./values.ts";

/** Of a model: what a procedure calls its inputs and outputs. */
export const inputName = (input: InputNode): string => `in:${input.attributes.name}`;
export const outputName = (name: string): string => `out:${name}`;

/** The procedure as a model. */
export function writeProcedure(
  procedure: Procedure,
  precision: Precision,
  device?: Device,
): Written {
  const emit = new Emitter(precision, device);
  const bound = new Map<Node, string>();
  for (const { input, value } of procedure.constants) bound.set(input, emit.host(value));
  for (const input of procedure.inputs) bound.set(input, inputName(input));
  const outputs = Object.entries(procedure.outputs);
  const values = lowerGraph(
    outputs.map(([, node]) => node),
    bound,
    emit,
  );
  const results = outputs.map(([name]) => outputName(name));
  for (const [at, value] of values.entries()) {
    emit.leave(value, results[at] ?? "");
  }
  const { outer } = emit.sections(results, []);
  const graph = {
    name: procedure.name,
    ...outer,
    inputs: procedure.inputs.map((node) => describeValue(inputName(node), node, precision)),
    outputs: outputs.map(([name, node]) => describeValue(outputName(name), node, precision)),
  };
  return { graph, external: emit.external };
}

/** Opens a session for the procedure. */
export async function compileProcedure(
  procedure: Procedure,
  precision: Precision,
  settings: SessionSettings,
): Promise<Callable> {
  checkProcedure(procedure);
  // The runtime opens no model that computes nothing.
  if (Object.keys(procedure.outputs).length === 0) {
    return { call: async () => ({}), [Symbol.asyncDispose]: async () => {} };
  }
  const written = writeProcedure(procedure, precision, settings.device);
  const session = await openSession(written, settings);
  return {
    call: (inputs, into = {}) => callWith({ inputs, into }, session, { procedure, precision }),
    [Symbol.asyncDispose]: () => session.release(),
  };
}

async function callWith(
  { inputs, into }: { readonly inputs: Tensors; readonly into: Tensors },
  session: Session,
  { procedure, precision }: { readonly procedure: Procedure; readonly precision: Precision },
): Promise<Tensors> {
  const feeds: NativeTensors = {};
  for (const input of procedure.inputs) {
    const value = inputs[input.attributes.name];
    feeds[inputName(input)] = toNative(fitted(input, value, { precision }));
  }
  const results: Record<string, Tensor> = {};
  const fetches: NativeTensors = {};
  for (const [name, node] of Object.entries(procedure.outputs)) {
    const dtype = dtypeOf(node.kind, precision);
    const result = into[name] ?? zeros(dtype, node.shape);
    checkResult({ dtype, shape: node.shape }, result);
    results[name] = result;
    fetches[outputName(name)] = toNative(result);
  }
  await session.run(feeds, fetches);
  return results;
}
