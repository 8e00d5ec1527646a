/** Scalar functions that JavaScript does not have, accurate to double precision. */

/** 1 / (1 + e⁻ˣ), without overflow on either side. */
export function sigmoid(x: number): number {
  const small = Math.exp(-Math.abs(x));
  return x >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/** log(1 + eˣ) = max(x, 0) + log(1 + e^−|x|). */
export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/**
 * erf(x) = 2/√π · e^−x² · Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), all terms of one sign; from |x| = 1.5 the
 * continued fraction of erfc, whose error is below that of rounding 1 − erfc.
 * Source: Abramowitz and Stegun (1964), 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  const density = Math.exp(-x * x) / Math.sqrt(Math.PI);
  if (size < 1.5) {
    let [term, sum] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 2 * density * sum;
  }
  let fraction = size;
  for (let n = 100; n >= 1; n--) fraction = size + n / 2 / fraction;
  return Math.sign(x) * (1 - density / fraction);
}
