/** The scalars that steps scan: rates, bias corrections, shares of an average, by their names. */
import { shareAt, shareName } from "#learning/averaging.ts";
import { type OptimizerSettings, stepScalars } from "#learning/optimizer.ts";

interface ScalarRange {
  readonly from: number;
  readonly steps: number;
  readonly rateAt: (step: number) => number;
  readonly resets: boolean;
}

/** By name, one value a step. */
export function scalarSeries(
  optimizer: OptimizerSettings,
  range: ScalarRange,
  since: { readonly flags: Uint8Array; readonly resetStep: number },
): Readonly<Record<string, Float64Array>> {
  const { from, steps, rateAt, resets } = range;
  const rate = new Float64Array(steps);
  const adamRate = new Float64Array(steps);
  const secondScale = new Float64Array(steps);
  const share = new Float64Array(steps);
  const { averaging } = optimizer;
  let { resetStep } = since;
  for (let at = 0; at < steps; at++) {
    if (resets && since.flags[at] === 1) resetStep = from + at;
    const scalars = stepScalars(optimizer, rateAt(from + at), from + at - resetStep + 1);
    rate[at] = scalars.rate;
    adamRate[at] = scalars.adamRate;
    secondScale[at] = scalars.secondScale;
    if (averaging !== null) share[at] = shareAt(averaging, from + at + 1);
  }
  return { rate, adamRate, secondScale, [shareName]: share };
}
