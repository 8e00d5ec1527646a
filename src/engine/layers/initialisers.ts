/**
 * Draws initial weights from a random stream, in float64 and with additions, products and roots
 * only, so that they are the same on every machine. Which rule applies is decided in weights.ts.
 */
import type { Shape, Tensor } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { RandomStream } from "#src/random.ts";
import type { Beginning } from "./layer.ts";

/** Most products of Gram-Schmidt for one kernel: some ten seconds. */
export const orthogonalWorkMax = 2 ** 33;

/** Standard deviation of the rule `normal`. */
const plainDeviation = 0.05;

type Draw = (random: RandomStream, shape: Shape, beginning: Beginning) => Float64Array;
type Variance = (beginning: Beginning) => number;

/** Glorot and Bengio (2010), LeCun and others (1998), He and others (2015). */
const glorot: Variance = ({ fanIn, fanOut }) => 2 / (fanIn + fanOut);
const lecun: Variance = ({ fanIn }) => 1 / fanIn;
const he: Variance = ({ fanIn }) => 2 / fanIn;

/** Normal with this variance, not truncated. */
const normal =
  (variance: Variance): Draw =>
  (random, shape, beginning) => {
    const deviation = Math.sqrt(variance(beginning));
    return new Float64Array(sizeOf(shape)).map(() => deviation * random.normal());
  };

/** Uniform on [−√(3v), √(3v)), whose variance is v. */
const uniform =
  (variance: Variance): Draw =>
  (random, shape, beginning) => {
    const limit = Math.sqrt(3 * variance(beginning));
    return new Float64Array(sizeOf(shape)).map(() => limit * (2 * random.uniform() - 1));
  };

const filled =
  (value: number): Draw =>
  (_, shape) =>
    new Float64Array(sizeOf(shape)).fill(value);

/** Zeros but for the second quarter. */
const forgetOnes: Draw = (_, shape) => {
  const values = new Float64Array(sizeOf(shape));
  return values.fill(1, values.length / 4, values.length / 2);
};

/** Takes its parts along four orthonormal vectors out of `v`; four at once keep it in cache. */
function project(v: Float64Array, four: readonly Float64Array[]): void {
  const [a = v, b = v, c = v, d = v] = four;
  let [alongA, alongB, alongC, alongD] = [0, 0, 0, 0];
  for (let i = 0; i < v.length; i++) {
    const x = v[i] as number;
    alongA += x * (a[i] as number);
    alongB += x * (b[i] as number);
    alongC += x * (c[i] as number);
    alongD += x * (d[i] as number);
  }
  for (let i = 0; i < v.length; i++) {
    const left = alongA * (a[i] as number) + alongB * (b[i] as number);
    const right = alongC * (c[i] as number) + alongD * (d[i] as number);
    v[i] = (v[i] as number) - (left + right);
  }
}

function norm(v: Float64Array): number {
  let squares = 0;
  for (const value of v) squares += value * value;
  return Math.sqrt(squares);
}

/** Orthonormal vectors, uniform over all such sets: Gram-Schmidt of normal ones, done twice. */
function orthonormal(random: RandomStream, count: number, length: number): Float64Array[] {
  // Zeros behind the last vector fill up its group of four.
  const zero = new Float64Array(length);
  const basis = Array.from({ length: count + 3 }, () => zero);
  for (let k = 0; k < count; k++) {
    const vector = new Float64Array(length).map(() => random.normal());
    // The second pass removes what rounding left of the earlier vectors.
    for (let pass = 0; pass < 2; pass++) {
      for (let at = 0; at < k; at += 4) project(vector, basis.slice(at, at + 4));
    }
    const size = norm(vector);
    basis[k] = vector.map((value) => value / size);
  }
  return basis;
}

/**
 * The kernel as a matrix, all axes but the last by the last, has orthonormal columns, or rows where
 * there are fewer of them. Saxe, McClelland and Ganguli, Exact solutions … (2013).
 */
const orthogonal: Draw = (random, shape) => {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / columns;
  const tall = rows >= columns;
  const basis = orthonormal(random, Math.min(rows, columns), Math.max(rows, columns));
  return new Float64Array(rows * columns).map((_, at) => {
    const row = Math.floor(at / columns);
    const column = at % columns;
    return (tall ? basis[column]?.[row] : basis[row]?.[column]) ?? 0;
  });
};

const draws: Readonly<Record<Beginning["rule"], Draw>> = {
  he_normal: normal(he),
  he_uniform: uniform(he),
  glorot_normal: normal(glorot),
  glorot_uniform: uniform(glorot),
  lecun_normal: normal(lecun),
  lecun_uniform: uniform(lecun),
  normal: normal(() => plainDeviation * plainDeviation),
  orthogonal,
  zeros: filled(0),
  ones: filled(1),
  unit_normal: normal(() => 1),
  forget_ones: forgetOnes,
};

/** Initial values of one parameter in float64. Normal ones are never truncated. */
export function draw(random: RandomStream, shape: Shape, beginning: Beginning): Tensor {
  const drawn = draws[beginning.rule](random, shape, beginning);
  const isScaled = beginning.rule !== "unit_normal" && beginning.factor !== 1;
  const data = isScaled ? drawn.map((value) => value / beginning.factor) : drawn;
  return { dtype: "float64", shape: [...shape], data };
}
