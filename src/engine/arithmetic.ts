/**
 * In which arithmetic a backend really multiplies, found by multiplying: GPUs may round factors of
 * float32 products to fewer bits, and no library says whether it did. Chooses nothing.
 */
import type { Arithmetic } from "#schemas/device.ts";
import type { Backend, Precision, Procedure } from "./backend.ts";
import { input, matmul } from "./graph/build.ts";
import { type Tensor, tensor } from "./tensor.ts";

/** What a product does to its factors. */
export interface Rounding {
  /** Bits after the leading one that factors keep. */
  readonly bits: number;
  /** Whether 2⁻³⁰ stays what it is: float16 makes it 0. */
  readonly keepsSmall: boolean;
}

/** Bits of the fraction of a number. Source: IEEE 754-2019, table 3.5. */
const bitsOf = { float32: 23, float64: 52 } as const;
/** Of TensorFloat-32 and float16, and of bfloat16. */
const reduced = { tf32: 10, bfloat16: 7 } as const;

/** Large enough for the kernels that training meets, which are chosen by size. */
const size = 256;
const small = 2 ** -30;

/** The name of what was measured. */
export function arithmeticOf({ bits, keepsSmall }: Rounding, precision: Precision): Arithmetic {
  if (precision === "float64" && bits === bitsOf.float64) return "float64";
  if (bits === bitsOf.float32 && keepsSmall) return "float32";
  if (bits === reduced.tf32) return keepsSmall ? "float32_tf32" : "float32_float16";
  return bits === reduced.bfloat16 && keepsSmall ? "float32_bfloat16" : "float32_reduced";
}

const square = (values: (at: number) => number): Tensor => {
  const data = new Float64Array(size * size);
  for (let at = 0; at < size; at += 1) data[at * size + at] = values(at);
  return tensor("float64", [size, size], data);
};

/**
 * Multiplies by the identity, from the left and from the right, a diagonal matrix of 1 + 2⁻ᵇ for
 * b = 1, 2, … and of 2⁻³⁰: what comes back changed was rounded.
 */
export async function roundingOf(backend: Backend, precision: Precision): Promise<Rounding> {
  const bits = bitsOf[precision];
  const [a, b] = [input("a", [size, size]), input("b", [size, size])];
  const procedure: Procedure = {
    name: "arithmetic",
    constants: [],
    inputs: [a, b],
    outputs: { product: matmul(a, b) },
  };
  const identity = square(() => 1);
  const values = square((at) => (at < bits ? 1 + 2 ** -(at + 1) : at === bits ? small : 0));
  await using callable = await backend.compile(procedure, precision);
  const kept = async (left: Tensor, right: Tensor): Promise<Rounding> => {
    const { product } = await callable.call({ a: left, b: right });
    const same = (at: number): boolean =>
      product?.data[at * size + at] === values.data[at * size + at];
    let count = 0;
    while (count < bits && same(count)) count += 1;
    return { bits: count, keepsSmall: same(bits) };
  };
  const [first, second] = [await kept(values, identity), await kept(identity, values)];
  return {
    bits: Math.min(first.bits, second.bits),
    keepsSmall: first.keepsSmall && second.keepsSmall,
  };
}

/** Of processors, by engine and precision: they do not change while a process lives. */
const known = new Map<string, Promise<Rounding>>();

/** What products of `precision` are really computed in on a backend. */
export async function measuredArithmetic(
  backend: Backend,
  precision: Precision,
): Promise<Arithmetic> {
  // The reference defines what others are compared with.
  if (backend.engine === "reference") return precision;
  if (backend.device !== "cpu")
    return arithmeticOf(await roundingOf(backend, precision), precision);
  const key = `${backend.provider} ${precision}`;
  const rounding = known.get(key) ?? roundingOf(backend, precision);
  known.set(key, rounding);
  rounding.catch(() => known.delete(key));
  return arithmeticOf(await rounding, precision);
}
