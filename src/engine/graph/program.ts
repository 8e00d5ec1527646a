/**
 * Programs and procedures as graphs: what they compute, and the promises of backend.ts checked, so
 * that every backend refuses the same mistakes. Binds and evaluates nothing.
 */
import type { Procedure, Program } from "#engine/backend.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { inputsOf } from "./walk.ts";

/** Everything that a step yields: next carried values in order, then emitted ones in order. */
export function programOutputs(program: Program): Node[] {
  return [...program.carried.map(({ output }) => output), ...Object.values(program.emitted)];
}

function checkInputs(outputs: readonly Node[], listed: readonly InputNode[]): void {
  const known = new Set(listed);
  const names = new Set(listed.map((node) => node.attributes.name));
  if (names.size !== listed.length) throw new Error("input names are not unique");
  for (const node of inputsOf(outputs)) {
    if (!known.has(node)) throw new Error(`input ${node.attributes.name} is not listed`);
  }
}

/** Throws where inputs are not listed once, or a carried output does not fit its input. */
export function checkProgram(program: Program): void {
  const { constants, invariants, carried, scanned } = program;
  checkInputs(programOutputs(program), [
    ...constants.map(({ input }) => input),
    ...invariants,
    ...carried.map(({ input }) => input),
    ...scanned,
  ]);
  for (const { input, output } of carried) {
    if (input.shape.join() !== output.shape.join() || input.kind !== output.kind) {
      throw new Error(
        `${input.attributes.name} is ${input.kind}[${input.shape}] ` +
          `but is replaced by ${output.kind}[${output.shape}]`,
      );
    }
  }
  for (const { input, value } of constants) checkValue(input, value);
}

/** Throws where inputs are not listed once. */
export function checkProcedure(procedure: Procedure): void {
  const { constants, inputs, outputs } = procedure;
  checkInputs(Object.values(outputs), [...constants.map(({ input }) => input), ...inputs]);
  for (const { input, value } of constants) checkValue(input, value);
}

const dtypesOf = {
  real: ["float32", "float64"],
  integer: ["int32"],
  boolean: ["bool"],
} as const;

/**
 * The value bound to an input, checked against its kind and shape; `steps` adds the leading axis of
 * a scanned one.
 */
export function checkValue(input: InputNode, value: Tensor | undefined, steps?: number): Tensor {
  const { name } = input.attributes;
  if (value === undefined) throw new Error(`no value for input ${name}`);
  const shape = steps === undefined ? input.shape : [steps, ...input.shape];
  const dtypes: readonly string[] = dtypesOf[input.kind];
  if (value.shape.join() !== shape.join() || !dtypes.includes(value.dtype)) {
    throw new Error(`input ${name} is ${input.kind}[${shape}], not ${value.dtype}[${value.shape}]`);
  }
  return value;
}

/** A result as an array of its own: that of an earlier result of the same kind, where given. */
export function copied(value: Tensor, into: Tensor | undefined): Tensor {
  const { dtype, shape, data } = value;
  if (into === undefined) return { dtype, shape, data: data.slice() };
  checkResult(value, into);
  into.data.set(data);
  return into;
}

/** Throws unless `into` can hold the result. */
export function checkResult(value: Pick<Tensor, "dtype" | "shape">, into: Tensor): void {
  if (into.dtype === value.dtype && into.shape.join() === value.shape.join()) return;
  throw new Error(
    `a result is ${value.dtype}[${value.shape}] and was to go into ${into.dtype}[${into.shape}]`,
  );
}
