/**
 * Where a run is, apart from its arrays: a plain value that a checkpoint writes down as JSON. Every
 * function here is pure.
 */

import type { Period, Schedule } from "#schemas/algorithm.ts";
import type { Evaluation } from "#schemas/run.ts";
import type { Figure } from "#schemas/values.ts";
import type { RunSettings } from "#src/channel.ts";
import {
  type AdaptiveLooks,
  type AnchorSequence,
  anchorSequence,
  looksOf,
  nextReportedIndex,
  type Reported,
  type ReportLimits,
  reportKnown,
  reportUnknown,
} from "./anchors.ts";
import type { Route } from "./descent/surface.ts";
import { factorAt, peakFactor } from "./schedule.ts";
import type { Solver } from "./solvers.ts";

/** The sequence of anchors in force: a period and where it began to count. */
export interface Course {
  readonly period: Period;
  readonly from: number;
  /** The anchor before `from`; null at the start of a run. */
  readonly last: number | null;
  /** Linearisations of the run before this sequence. */
}

export interface Position {
  /** Steps done. */
  readonly step: number;
  /** Null for standard training. */
  readonly course: Course | null;
  /** Linearisations done. */
  readonly anchors: number;
  /** Step of the last linearisation. */
  readonly anchorStep: number | null;
  /** What computes linear phases, kept so that a run goes on as it began; absent: not decided. */
  readonly solver?: Solver;
  /** Of a solver that has several. */
  readonly route?: Route;
  /** Step at which the optimiser's state last began at zero. */
  readonly resetStep: number;
  /** What steering has put in the place of settings. */
  readonly learningRate: number | null;
  readonly evaluateEvery: number;
  readonly snapshotsEvery: number | null;
  /** Highest steering request that took effect. */
  readonly steered: number;
  /** Loss of the first step, for divergence. */
  readonly startLoss: Figure | null;
  readonly snapshotStep: number | null;
  /** Time since the previous kernel; null before one, absent in checkpoints from before it was. */
  readonly kernelClock?: KernelClock | null;
  readonly evaluation: { readonly step: number; readonly value: Evaluation } | null;
}

/** When the kernel was last looked at, and the learning rates of the steps `step` … `from` − 1. */
export interface KernelClock {
  readonly step: number;
  readonly from: number;
  readonly rates: number;
}

export function initialPosition(settings: RunSettings): Position {
  const { algorithm, evaluate, snapshots } = settings;
  // Gauss–Newton linearises at every step.
  const period = algorithm.type === "linearised" ? algorithm.period : 1;
  const course = algorithm.type === "standard" ? null : { period, from: 0, last: null };
  return {
    step: 0,
    course,
    anchors: 0,
    anchorStep: null,
    resetStep: 0,
    learningRate: null,
    evaluateEvery: evaluate.every,
    snapshotsEvery: snapshots?.every ?? null,
    steered: 0,
    startLoss: null,
    snapshotStep: null,
    evaluation: null,
  };
}

export interface RateSettings {
  readonly learningRate: number;
  readonly schedule: Schedule;
  readonly steps: number;
}

/** Learning rate of a step. */
export function rateAt(settings: RateSettings, position: Position, step: number): number {
  return (position.learningRate ?? settings.learningRate) * factorAt(settings, step);
}

/** Largest learning rate over the steps from … to − 1. */
export function peakRate(
  settings: RateSettings,
  position: Position,
  range: { readonly from: number; readonly to: number },
): number {
  const factor = peakFactor(settings, range.from, range.to);
  return (position.learningRate ?? settings.learningRate) * factor;
}

/** Sum of the learning rates of the steps from … to − 1; of very many, by the mean of some. */
export function rateSum(
  settings: RateSettings,
  position: Position,
  { from, to }: { readonly from: number; readonly to: number },
): number {
  const count = Math.max(0, to - from);
  if (settings.schedule.type === "constant") return count * rateAt(settings, position, from);
  const looks = Math.min(count, rateLooksMax);
  let sum = 0;
  for (let look = 0; look < looks; look += 1) {
    const step = from + Math.floor(((look + 0.5) * count) / looks);
    sum += rateAt(settings, position, step);
  }
  return looks === 0 ? 0 : (sum * count) / looks;
}

const rateLooksMax = 100_000;

/** A position whose learning rate was steered, with the sum of the rates until then kept. */
export function clocked(settings: RateSettings, before: Position, after: Position): Position {
  const { kernelClock: clock } = after;
  if (clock === null || clock === undefined) return after;
  if (before.learningRate === after.learningRate) return after;
  const range = { from: clock.from, to: after.step };
  const rates = clock.rates + rateSum(settings, before, range);
  return { ...after, kernelClock: { ...clock, from: after.step, rates } };
}

/** Steps and the sum of their rates since the kernel was last looked at; null before that. */
export function sinceKernel(settings: RateSettings, position: Position) {
  const { kernelClock: clock, step } = position;
  if (clock === null || clock === undefined) return null;
  const rates = clock.rates + rateSum(settings, position, { from: clock.from, to: step });
  return { steps: step - clock.step, rates };
}

/** A course with what follows from it. */
export interface Charted {
  readonly course: Course;
  readonly sequence: AnchorSequence;
  readonly looks: AdaptiveLooks | null;
}

export function chart(course: Course, steps: number): Charted {
  const { period, from, last } = course;
  return {
    course,
    sequence: anchorSequence(period, { steps, from, last }),
    looks: looksOf(period),
  };
}

/** Anchors of the sequence in from … to − 1, ascending. */
export function anchorsWithin({ sequence }: Charted, from: number, to: number): number[] {
  const found: number[] = [];
  for (let index = sequence.indexFrom(from); sequence.stepOf(index) < to; index++) {
    found.push(sequence.stepOf(index));
  }
  return found;
}

/** Whether an anchor at the present step is reported, and whether with its largest eigenvalue. */
export function reportAt(charted: Charted, position: Position, max: ReportLimits): Reported {
  const { sequence, looks } = charted;
  if (looks !== null) return reportUnknown(position.anchors, max);
  return reportKnown(sequence.indexFrom(position.step), sequence.count, max);
}

/** First reported anchor of the sequence at or after `from`; Infinity when there is none. */
export function nextReported(
  { sequence, looks }: Charted,
  from: number,
  max: ReportLimits,
): number {
  if (looks !== null) return sequence.stepOf(sequence.indexFrom(from));
  return sequence.stepOf(nextReportedIndex(sequence.indexFrom(from), sequence.count, max));
}

/** Steps of the phase that begins at `step`. */
export function phaseSteps({ sequence, looks }: Charted, step: number, steps: number): number {
  if (looks !== null) return looks.every;
  return Math.min(sequence.stepOf(sequence.indexFrom(step + 1)), steps) - step;
}
