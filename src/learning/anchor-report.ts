/**
 * What a run says of a linearisation: how far the phase before it went, and whether the phase that
 * begins is stable. Which linearisations are reported, anchors.ts says.
 */
import type { Tensors } from "#engine/backend.ts";
import type { Loss } from "#schemas/algorithm.ts";
import type { EventData } from "#schemas/event.ts";
import { toFigure } from "#schemas/values.ts";
import type { OptimizerSettings } from "./optimizer.ts";
import type { GapProbe, KernelProbe } from "./probe.ts";
import { stabilityOf, warningOf } from "./stability.ts";

/** Linearisations reported in a run at most. */
export const anchorReportsMax = 200;

/** The state just before θ_s ← θ. */
export interface AnchorSight {
  readonly step: number;
  readonly index: number;
  readonly weights: Tensors;
  /** θ_s of the phase that ends. */
  readonly anchor: Tensors;
  readonly start: Tensors;
  /** Steps since the linearisation before; null at the first. */
  readonly period: number | null;
  /** Steps of the phase that begins, and its largest rate. */
  readonly phaseSteps: number;
  readonly rate: number;
  /** Whether the kernel's largest eigenvalue is looked for. */
  readonly wantsLambdaMax: boolean;
}

export interface AnchorReporterOptions {
  readonly loss: Loss;
  readonly optimizer: OptimizerSettings;
  readonly seed: number;
  readonly gap: GapProbe;
  readonly kernel: KernelProbe;
}

/** ‖a − b‖ over all parameters, in float64; b is zero where it is left out. */
export function distance(a: Tensors, b: Tensors = {}): number {
  let total = 0;
  for (const [name, { data }] of Object.entries(a)) {
    const other = b[name]?.data;
    for (let i = 0; i < data.length; i++) {
      const difference = (data[i] as number) - (other === undefined ? 0 : (other[i] as number));
      total += difference * difference;
    }
  }
  return Math.sqrt(total);
}

/** ‖θ − θ₀‖ / ‖θ₀‖; 0 where nothing has moved. */
export function relativeDistance(weights: Tensors, start: Tensors): number {
  const moved = distance(weights, start);
  return moved === 0 ? 0 : moved / distance(start);
}

export async function anchorReport(
  options: AnchorReporterOptions,
  sight: AnchorSight,
): Promise<EventData<"anchor">> {
  const { weights, anchor, start } = sight;
  const isFirst = sight.period === null;
  const look = await options.gap.look({ weights, anchor });
  const found = sight.wantsLambdaMax ? await options.kernel.lambdaMax(weights, options.seed) : null;
  const lambdaMax = found?.value ?? null;
  const stability =
    lambdaMax === null
      ? null
      : stabilityOf({ ...options, lambdaMax, rate: sight.rate, phaseSteps: sight.phaseSteps });
  const figure = (value: number | null | undefined) =>
    value === null || value === undefined ? null : toFigure(value);
  return {
    step: sight.step,
    index: sight.index,
    period: sight.period,
    linearisation_gap: isFirst ? null : toFigure(look.gap),
    loss_before: isFirst ? null : toFigure(look.lossLinear),
    loss_after: toFigure(look.lossNetwork),
    distance_from_anchor: toFigure(distance(weights, anchor)),
    distance_from_start: toFigure(distance(weights, start)),
    relative_distance: toFigure(relativeDistance(weights, start)),
    lambda_max: figure(lambdaMax),
    rate_times_lambda_max: figure(stability?.rateTimesLambdaMax),
    stable_learning_rate: figure(stability?.stableLearningRate),
    warning: warningOf(found, stability),
  };
}
