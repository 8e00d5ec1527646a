/**
 * When to linearise: every form of a period as an ascending sequence of anchor steps, known from
 * settings alone, and which of them are reported. What happens at an anchor is elsewhere.
 */
import type { Period } from "#schemas/algorithm.ts";

/** Where a period begins to count: at the start of the run, or where steering set it. */
export interface AnchorOrigin {
  /** T, the steps of the whole run: anchors lie in from … T − 1. */
  readonly steps: number;
  /** First step that may be an anchor of this sequence. */
  readonly from: number;
  /** The anchor before, from which a whole-number period counts; null when `from` is the first. */
  readonly last: number | null;
}

/** An ascending sequence of anchor steps. */
export interface AnchorSequence {
  readonly count: number;
  /** The i-th anchor's step, for 0 ≤ i < count; Infinity past the end. */
  stepOf(index: number): number;
  /** How many anchors of the sequence lie before step `t`. */
  indexFrom(t: number): number;
}

/** Looks at the linearisation gap that decide an adaptive period. */
export interface AdaptiveLooks {
  readonly gap: number;
  readonly every: number;
}

const checkEveryDefault = 20;

/** The looks of an adaptive period; null for every other. */
export function looksOf(period: Period): AdaptiveLooks | null {
  if (typeof period !== "object" || !("gap" in period)) return null;
  return { gap: period.gap, every: period.check_every ?? checkEveryDefault };
}

function arithmetic(first: number, gap: number, end: number): AnchorSequence {
  const count = first < end ? Math.ceil((end - first) / gap) : 0;
  return {
    count,
    stepOf: (index) => (index < count ? first + index * gap : Number.POSITIVE_INFINITY),
    indexFrom: (t) => Math.min(count, Math.max(0, Math.ceil((t - first) / gap))),
  };
}

function listed(steps: readonly number[]): AnchorSequence {
  return {
    count: steps.length,
    stepOf: (index) => steps[index] ?? Number.POSITIVE_INFINITY,
    indexFrom: (t) => {
      let low = 0;
      let high = steps.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((steps[middle] ?? 0) < t) low = middle + 1;
        else high = middle;
      }
      return low;
    },
  };
}

/** Share of the run at which the i-th of m linearisations lies, in steps, not yet rounded. */
function presetStep(preset: "uniform" | "quadratic" | "geometric", i: number, of: Of): number {
  const { updates, steps } = of;
  switch (preset) {
    case "uniform":
      return (steps * i) / updates;
    case "quadratic":
      return steps * (i / updates) ** 2;
    case "geometric":
      return i === 0 ? 0 : steps ** (i / updates);
    default:
      return preset satisfies never;
  }
}

interface Of {
  readonly updates: number;
  readonly steps: number;
}

/** Steps of a period that is not a plain number, from step 0, ascending and without repeats. */
function stepsOf(period: Exclude<Period, number | string>, steps: number): readonly number[] {
  if ("at" in period) return ascending([0, ...period.at], steps);
  if ("preset" in period) {
    const updates = Math.min(period.updates, steps);
    const of = { updates: period.updates, steps };
    // More updates than steps is every step, whatever the preset.
    if (updates < period.updates) return Array.from({ length: steps }, (_, at) => at);
    const found = Array.from({ length: updates }, (_, i) =>
      Math.round(presetStep(period.preset, i, of)),
    );
    return ascending(found, steps);
  }
  return [0];
}

function ascending(found: readonly number[], end: number): readonly number[] {
  return [...new Set(found)].filter((step) => step < end).sort((a, b) => a - b);
}

/**
 * The anchors of `period` at or after `origin.from`. The first of a run is step 0 whatever the
 * period; an adaptive one has no other that is known before.
 */
export function anchorSequence(period: Period, origin: AnchorOrigin): AnchorSequence {
  const { steps, from, last } = origin;
  if (typeof period === "number") {
    const first = last === null ? from : Math.max(from, last + period);
    return arithmetic(first, period, steps);
  }
  const isFirst = last === null;
  if (period === "never") return listed(isFirst ? [from] : []);
  if ("every_step_until" in period) {
    const first = isFirst ? from : Math.max(from, last + 1);
    return arithmetic(first, 1, Math.min(steps, period.every_step_until + 1));
  }
  const planned = stepsOf(period, steps).filter((t) => t >= from && (isFirst || t > last));
  return listed(isFirst ? ascending([from, ...planned], steps) : planned);
}

/** Most reports of a run, and most of them that also look for the largest eigenvalue. */
export interface ReportLimits {
  readonly reports: number;
  readonly lambdaMaxReports: number;
}

export interface Reported {
  readonly report: boolean;
  readonly lambdaMax: boolean;
}

/** Anchors between two reported ones of a sequence, so that at most `max` are reported. */
function strideFor(count: number, max: number): number {
  return Math.max(1, Math.ceil(count / max));
}

/**
 * Which of `count` linearisations are reported: evenly many, from settings alone. The largest
 * eigenvalue is looked for at every so many reports.
 */
export function reportKnown(index: number, count: number, max: ReportLimits): Reported {
  const stride = strideFor(count, max.reports);
  const coarse = stride * strideFor(Math.ceil(count / stride), max.lambdaMaxReports);
  return { report: index % stride === 0, lambdaMax: index % coarse === 0 };
}

/** Index of the first reported linearisation at or after `index`. */
export function nextReportedIndex(index: number, count: number, max: ReportLimits): number {
  const stride = strideFor(count, max.reports);
  return Math.ceil(index / stride) * stride;
}

/**
 * Which linearisations are reported when their number is not known: the first quarter of the
 * limit, then half as many of each doubling.
 */
export function reportUnknown(index: number, max: ReportLimits): Reported {
  return {
    report: isAmong(index, max.reports),
    lambdaMax: isAmong(index, max.reports) && isAmong(index, max.lambdaMaxReports),
  };
}

function isAmong(index: number, max: number): boolean {
  const dense = Math.max(1, Math.floor(max / 4));
  if (index < dense) return true;
  return index % 2 ** (Math.floor(Math.log2(index / dense)) + 1) === 0;
}
