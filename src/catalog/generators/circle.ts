/** Cosine and sine from sums and products only, so that they are equal on every machine. */

const tau = 6.283185307179586;

/** The point of the unit circle at `turns` full turns; accurate to about 1e-15. */
export function circlePoint(turns: number): { cosine: number; sine: number } {
  const quarter = Math.round(turns * 4);
  const angle = (turns - quarter / 4) * tau;
  const square = angle * angle;
  // Taylor series on [-pi/4, pi/4]: the first term left out is below 1e-17.
  let cosine = 1;
  let sine = 1;
  for (let k = 18; k >= 2; k -= 2) {
    cosine = 1 - (square / (k * (k - 1))) * cosine;
    sine = 1 - (square / (k * (k + 1))) * sine;
  }
  sine *= angle;
  switch (((quarter % 4) + 4) % 4) {
    case 0:
      return { cosine, sine };
    case 1:
      return { cosine: -sine, sine: cosine };
    case 2:
      return { cosine: -cosine, sine: -sine };
    default:
      return { cosine: sine, sine: -cosine };
  }
}
