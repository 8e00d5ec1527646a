/**
 * Per-step series cut into metrics events of a few kilobytes. No reported step is left out.
 */
import type { Precision } from "#engine/backend.ts";
import { type Figure, toFigure } from "#schemas/values.ts";
import type { TrainerEvent } from "#src/channel.ts";
import type { Columns } from "./descent/descent.ts";

/** Numbers in one event, over all its columns. */
const figuresMax = 1024;
/** Digits that tell any two float32 apart; more would only be bytes. */
const float32Digits = 9;

/** Which steps a series is of: after `from`, through `to`, and of these each that is reported. */
export interface MetricsRange {
  readonly from: number;
  readonly to: number;
  /** Steps t (the first is 0) are reported where t is a multiple of this. */
  readonly every: number;
}

/** The first reported step t ≥ `from`. */
export const firstReported = ({ from, every }: Pick<MetricsRange, "from" | "every">): number =>
  Math.ceil(from / every) * every;

/** The reported steps of a range as metrics events, in order. */
export function metricsEvents(
  columns: Columns,
  range: MetricsRange,
  precision: Precision,
): TrainerEvent[] {
  const { every } = range;
  const first = firstReported(range);
  const names = Object.keys(columns);
  const steps = columns[names[0] ?? ""]?.length ?? 0;
  const stepsMax = Math.max(1, Math.floor(figuresMax / Math.max(1, names.length)));
  const events: TrainerEvent[] = [];
  for (let start = 0; start < steps; start += stepsMax) {
    const end = Math.min(start + stepsMax, steps);
    const cut = Object.entries(columns).map(([name, values]) => {
      const figures = Array.from(values.subarray(start, end), (value) => shown(value, precision));
      return [name, figures] as const;
    });
    const from = first + start * every + 1;
    const to = Math.min(first + end * every, range.to);
    const thinned = every === 1 ? {} : { every };
    events.push({
      kind: "metrics",
      key: `metrics:${from}-${to}`,
      data: { from, to, ...thinned, columns: Object.fromEntries(cut) },
    });
  }
  return events;
}

function shown(value: number, precision: Precision): Figure {
  if (!Number.isFinite(value)) return toFigure(value);
  return precision === "float64" ? value : Number(value.toPrecision(float32Digits));
}

/** Loss from which a run counts as diverged, as a multiple of where it began. */
const lossGrowthMax = 1e6;

/** Place of the first loss that is not finite or far above the start; −1 when there is none. */
export function divergedAt(losses: Float64Array, startLoss: number): number {
  const limit = lossGrowthMax * Math.max(Math.abs(startLoss), 1);
  return losses.findIndex((loss) => !(Math.abs(loss) <= limit));
}
