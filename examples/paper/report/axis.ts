/** Numbers to pixels, and where ticks stand. Pure. */
import type { Axis } from "../findings.ts";

export interface Scale {
  to(value: number): number;
  readonly ticks: readonly (readonly [at: number, text: string])[];
}

const ticksWanted = 5;
const steps = [1, 2, 2.5, 5, 10];

function tickText(value: number): string {
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return value.toExponential(0);
  return String(Number(value.toPrecision(4)));
}

function linearTicks(low: number, high: number): number[] {
  const rough = (high - low) / ticksWanted;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (steps.find((each) => each * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first;
  return Array.from({ length: count + 1 }, (_, i) => (first + i) * step);
}

function decades(low: number, high: number): number[] {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const every = Math.max(1, Math.ceil((last - first) / ticksWanted));
  const found: number[] = [];
  for (let power = first; power <= last; power += every) found.push(10 ** power);
  return found;
}

/** A domain with some width and, on a linear axis, a little air. */
function domainOf(values: readonly number[], axis: Axis): readonly [number, number] {
  const usable = values.filter((value) => Number.isFinite(value) && (!axis.log || value > 0));
  if (usable.length === 0) return axis.log === true ? [1, 10] : [0, 1];
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  if (axis.log === true) return low === high ? [low / 2, high * 2] : [low, high];
  const air = low === high ? Math.max(0.5, Math.abs(low) / 10) : (high - low) / 25;
  return [low - air, high + air];
}

/** The scale of an axis over these values, onto a range of pixels. */
export function scaleOf(
  axis: Axis,
  values: readonly number[],
  [from, to]: readonly [number, number],
): Scale {
  const at = axis.log === true ? Math.log : (value: number) => value;
  const marked = axis.ticks?.map(([value]) => value) ?? [];
  const [low, high] = domainOf([...values, ...marked], axis);
  const share = (value: number) => (at(value) - at(low)) / (at(high) - at(low));
  const chosen = axis.log === true ? decades(low, high) : linearTicks(low, high);
  return {
    to: (value) => from + share(value) * (to - from),
    ticks: axis.ticks ?? chosen.map((value) => [value, tickText(value)] as const),
  };
}
