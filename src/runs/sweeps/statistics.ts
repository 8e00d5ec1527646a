/** Mean and confidence interval of a few numbers. Pure. */
import type { Estimate } from "#schemas/sweep.ts";

/** Quantile 0.975 of Student's t for 1 … 30 degrees of freedom (any table of it). */
const quantiles = [
  12.7062047364, 4.3026527297, 3.1824463053, 2.7764451052, 2.5705818356, 2.4469118511, 2.3646242516,
  2.3060041352, 2.2621571628, 2.228138852, 2.2009851601, 2.1788128297, 2.1603686565, 2.1447866879,
  2.1314495456, 2.1199052992, 2.1098155778, 2.1009220402, 2.0930240544, 2.0859634473, 2.0796138447,
  2.0738730679, 2.0686576104, 2.0638985616, 2.0595385528, 2.0555294386, 2.0518305165, 2.0484071418,
  2.0452296421, 2.0422724563,
] as const;

/** The same quantile of the normal distribution. */
const z = 1.959963984540054;

/**
 * Quantile 0.975 of Student's t. Beyond the table t = z + (z³+z)/4ν + (5z⁵+16z³+3z)/96ν² + …
 * (Abramowitz & Stegun 26.7.5), right to 1e−7.
 */
export function studentQuantile(degrees: number): number {
  const known = quantiles[degrees - 1];
  if (known !== undefined) return known;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  const fourth = (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92_160;
  const terms = [first, second, third, fourth];
  return terms.reduce((sum, term, at) => sum + term / degrees ** (at + 1), z);
}

/** mean ± t·s/√n of the finite values; no interval for fewer than two. */
export function estimate(values: readonly number[]): Estimate {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  if (n === 0) return { n, mean: null, deviation: null, low: null, high: null };
  const mean = finite.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { n, mean, deviation: null, low: null, high: null };
  const squares = finite.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const deviation = Math.sqrt(squares / (n - 1));
  const reach = (studentQuantile(n - 1) * deviation) / Math.sqrt(n);
  return { n, mean, deviation, low: mean - reach, high: mean + reach };
}
