/** Axes: numbers to pixels, linear or logarithmic, with ticks at round numbers. */
import { short } from "./number.ts";

export type ScaleKind = "linear" | "log";

export interface Tick {
  readonly value: number;
  /** Empty for ticks that only draw a line. */
  readonly label: string;
}

export interface Scale {
  readonly kind: ScaleKind;
  readonly domain: readonly [number, number];
  readonly range: readonly [number, number];
  to(value: number): number;
  from(pixels: number): number;
}

/** Decades below the greatest value that a logarithmic axis shows at most. */
const decadesMax = 12;
/** Smaller numbers are as good as zero: arithmetic with them is no longer exact. */
const tiny = 1e-290;

/** A domain with width, fit for the kind. */
export function domainFor(
  kind: ScaleKind,
  [low, high]: readonly [number, number],
): [number, number] {
  if (!Number.isFinite(low) || !Number.isFinite(high)) return kind === "log" ? [1, 10] : [0, 1];
  if (kind === "log") {
    const top = high > 0 ? Math.max(high, tiny) : 1;
    const bottom = Math.max(low > 0 ? low : top / 10, top / 10 ** decadesMax);
    return top / bottom > 1.0001 ? [bottom, top] : [bottom / 2, top * 2];
  }
  const size = Math.max(Math.abs(low), Math.abs(high));
  if (high - low > Math.max(tiny, 1e-12 * size)) return [low, high];
  const half = size > tiny ? size * 0.1 : 0.5;
  return [low - half, high + half];
}

/** Some room above and below. */
export function padded(
  kind: ScaleKind,
  domain: readonly [number, number],
  share = 0.05,
): [number, number] {
  const [low, high] = domainFor(kind, domain);
  if (kind === "log") {
    const factor = (high / low) ** share;
    return [low / factor, high * factor];
  }
  const room = (high - low) * share;
  // A curve that never falls below zero should not look as if it could.
  return [low >= 0 && low - room < 0 ? 0 : low - room, high + room];
}

export function scaleOf(
  kind: ScaleKind,
  domain: readonly [number, number],
  range: readonly [number, number],
): Scale {
  const forward = kind === "log" ? Math.log : (value: number) => value;
  const back = kind === "log" ? Math.exp : (value: number) => value;
  const [low, high] = [forward(domain[0]), forward(domain[1])];
  const factor = (range[1] - range[0]) / (high - low);
  return {
    kind,
    domain,
    range,
    to: (value) => range[0] + (forward(value) - low) * factor,
    from: (pixels) => back(low + (pixels - range[0]) / factor),
  };
}

/** 1, 2 or 5 times a power of ten, so that about `count` of them fit. */
export function roundStep(width: number, count: number): number {
  const raw = width / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const share = raw / power;
  return power * (share > 5 ? 10 : share > 2 ? 5 : share > 1 ? 2 : 1);
}

function linearTicks([low, high]: readonly [number, number], count: number): Tick[] {
  const step = roundStep(high - low, count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  const ticks: Tick[] = [];
  for (let i = first; i <= last && ticks.length < 50; i += 1) {
    const value = i * step;
    ticks.push({ value, label: short(Math.abs(value) < step * 1e-6 ? 0 : value) });
  }
  return ticks;
}

function logTicks(domain: readonly [number, number], count: number): Tick[] {
  const [low, high] = domain;
  const decades = Math.log10(high / low);
  if (decades < 0.7) return linearTicks(domain, count).filter(({ value }) => value > 0);
  const ticks: Tick[] = [];
  const every = Math.max(1, Math.ceil(decades / count));
  const first = Math.floor(Math.log10(low));
  for (let power = first; power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of decades < 6 ? [1, 2, 3, 4, 5, 6, 7, 8, 9] : [1]) {
      const value = digit * 10 ** power;
      if (value < low * 0.9999 || value > high * 1.0001) continue;
      const isNamed =
        (digit === 1 && power % every === 0) || (decades < 2.2 && (digit === 2 || digit === 5));
      ticks.push({ value, label: isNamed ? short(value) : "" });
    }
  }
  return ticks;
}

export function ticksOf(scale: Scale, count: number): Tick[] {
  return scale.kind === "log" ? logTicks(scale.domain, count) : linearTicks(scale.domain, count);
}
