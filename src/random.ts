/**
 * Deterministic random streams: the same seed and labels give the same numbers on every machine.
 * Only additions, products and roots are used, never the platform's `log` or `cos`, whose last bit
 * differs between builds. Decides nothing about what is drawn; imports nothing of the project.
 */
import { createHash } from "node:crypto";
import { xoroshiro128plus, xoroshiro128plusFromState } from "pure-rand/generator/xoroshiro128plus";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";

/** A stream's whole state as plain JSON: what a checkpoint keeps. */
export interface RandomState {
  /** The four 32-bit words of xoroshiro128+. */
  readonly words: readonly number[];
  /** The second value of the last normal pair when it is not used yet. */
  readonly spare: number | null;
}

/** One sequence of random numbers. Drawing advances it. */
export interface RandomStream {
  /** Uniform on [0, 1), a multiple of 2^-53. */
  uniform(): number;
  /** Standard normal N(0, 1). */
  normal(): number;
  /** An unbiased integer in 0 … n - 1, for n from 1 to 2^32; throws RangeError for another n. */
  integer(n: number): number;
  /** 0 … n - 1 in a uniformly random order. */
  permutation(n: number): Int32Array;
  /** The state after everything drawn so far; `restore` continues from it. */
  save(): RandomState;
}

/**
 * The stream named by `labels` under `seed`. Streams with different labels are independent, so a
 * run may take `stream(seed, "batches", epoch)` without drawing what came before.
 */
export function stream(seed: number, ...labels: readonly (string | number)[]): RandomStream {
  const digest = createHash("sha256")
    .update(JSON.stringify([seed, ...labels]))
    .digest();
  const words = [0, 4, 8, 12].map((at) => digest.readInt32LE(at));
  return fromGenerator(generatorFrom(words), null);
}

/** The stream that continues where `save` was called; throws TypeError for another value. */
export function restore(state: RandomState): RandomStream {
  const { words, spare } = state;
  const sound =
    Array.isArray(words) &&
    words.length === 4 &&
    words.every((word) => Number.isInteger(word) && word === (word | 0)) &&
    (spare === null || Number.isFinite(spare));
  if (!sound) throw new TypeError("not the state of a random stream");
  return fromGenerator(generatorFrom(words), spare);
}

const rootHalf = Math.sqrt(0.5);

/** xoroshiro128+ never leaves the state zero, so a seed stands in for it. */
function generatorFrom(words: readonly number[]): RandomGenerator {
  return words.some((word) => word !== 0) ? xoroshiro128plusFromState(words) : xoroshiro128plus(0);
}

function fromGenerator(generator: RandomGenerator, firstSpare: number | null): RandomStream {
  let spare = firstSpare;
  const word = (): number => generator.next() >>> 0;
  // High bits only: the lowest bits of xoroshiro128+ are its weak ones.
  const uniform = (): number => ((word() >>> 5) * 0x4000000 + (word() >>> 6)) * 2 ** -53;
  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`integer(n) needs n from 1 to 2^32, got ${n}`);
    }
    const width = Math.floor(2 ** 32 / n);
    let value = Math.floor(word() / width);
    while (value >= n) value = Math.floor(word() / width);
    return value;
  };
  /** Box-Muller in Marsaglia's polar form: a pair of normals from a point of the unit disc. */
  const normal = (): number => {
    if (spare !== null) {
      const value = spare;
      spare = null;
      return value;
    }
    let u = 0;
    let v = 0;
    let s = 0;
    while (s === 0 || s >= 1) {
      u = 2 * uniform() - 1;
      v = 2 * uniform() - 1;
      s = u * u + v * v;
    }
    const scale = Math.sqrt((-2 * portableLog(s)) / s);
    spare = v * scale;
    return u * scale;
  };
  const permutation = (n: number): Int32Array => {
    const order = Int32Array.from({ length: n }, (_, i) => i);
    for (let i = n - 1; i > 0; i--) {
      const j = integer(i + 1);
      const moved = order[i] as number;
      order[i] = order[j] as number;
      order[j] = moved;
    }
    return order;
  };
  const save = (): RandomState => ({ words: [...generator.getState()], spare });
  return { uniform, normal, integer, permutation, save };
}

/**
 * Natural logarithm of s in (0, 1): s = m·2^e with m near 1, and
 * log m = 2·atanh(z) = 2·(z + z^3/3 + z^5/5 + …) with z = (m - 1)/(m + 1), |z| < 0.172.
 */
function portableLog(s: number): number {
  let m = s;
  let exponent = 0;
  while (m < rootHalf) {
    m *= 2;
    exponent--;
  }
  const z = (m - 1) / (m + 1);
  const z2 = z * z;
  let series = 0;
  for (let k = 23; k >= 1; k -= 2) series = series * z2 + 1 / k;
  return exponent * Math.LN2 + 2 * z * series;
}
