/**
 * A phase as named arrays, for a checkpoint: where it was entered, its coefficients, and what the
 * mover keeps beside them. Arrays of another kind of mover are not read.
 */
import type { Tensors } from "#engine/backend.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { DescentState } from "./descent.ts";
import type { Written } from "./function-space.ts";
import type { Base, Coordinates } from "./phase.ts";

/** Names of coefficients in a state. */
const coordinateNames = ["c", "a", "moved"] as const;

/** An array that tells which kind of mover wrote the others. */
const kindName = (kind: string): string => `kind/${kind}`;

export function writePhase(base: Base, written: Written, kind: string): Tensors {
  const { weights, momentum, average } = written.coefficients;
  const arrays: Record<string, Tensor> = { [kindName(kind)]: tensor("float64", [1], [1]) };
  const put = (prefix: string, values: Coordinates | null): void => {
    for (const name of coordinateNames) {
      if (values === null) continue;
      arrays[`${prefix}/${name}`] = tensor("float64", [values[name].length], values[name]);
    }
  };
  put("weights", weights);
  put("momentum", momentum);
  if (average !== null) {
    const { c, a, kept } = average;
    arrays["average/c"] = tensor("float64", [c.length], c);
    arrays["average/a"] = tensor("float64", [a.length], a);
    arrays["average/kept"] = tensor("float64", [1], [kept]);
  }
  const named = (prefix: string, values: Tensors | null): void => {
    for (const [name, value] of Object.entries(values ?? {})) arrays[`${prefix}/${name}`] = value;
  };
  named("beside", written.beside);
  named("velocity", base.velocity);
  named("displacement", base.displacement);
  named("averaged", base.average);
  return arrays;
}

const copied = (data: ArrayLike<number>): Float64Array => Float64Array.from(data);

function part(phase: Tensors, prefix: string): Tensors | null {
  const found = Object.entries(phase)
    .filter(([name]) => name.startsWith(`${prefix}/`))
    .map(([name, value]) => [name.slice(prefix.length + 1), value] as const);
  return found.length === 0 ? null : Object.fromEntries(found);
}

export function readBase(state: DescentState, phase: Tensors): Base {
  return {
    anchor: state.anchor ?? state.weights,
    velocity: part(phase, "velocity"),
    displacement: part(phase, "displacement"),
    average: part(phase, "averaged"),
  };
}

/** What a mover of this kind wrote; null where another did. */
export function readWritten(phase: Tensors, kind: string): Written | null {
  if (phase[kindName(kind)] === undefined) return null;
  const read = (prefix: string): Coordinates | null => {
    const of = (name: string) => phase[`${prefix}/${name}`]?.data;
    const [c, a, moved] = [of("c"), of("a"), of("moved")];
    if (c === undefined || a === undefined || moved === undefined) return null;
    return { c: copied(c), a: copied(a), moved: copied(moved) };
  };
  const weights = read("weights");
  if (weights === null) return null;
  const kept = phase["average/kept"]?.data[0];
  const of = (name: string) => copied(phase[`average/${name}`]?.data ?? []);
  const average = kept === undefined ? null : { c: of("c"), a: of("a"), kept };
  const coefficients = { weights, momentum: read("momentum"), average };
  return { coefficients, beside: part(phase, "beside") ?? {} };
}
