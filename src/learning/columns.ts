/** The columns that a run shows for each step: what the program emitted, what the host knows. */
import type { Columns } from "./descent/descent.ts";
import { firstReported } from "./metrics.ts";

export interface ColumnsKnown {
  readonly from: number;
  /** Anchors among the steps, ascending. */
  readonly anchors: readonly number[];
  /** The last anchor before them. */
  readonly anchorStep: number | null;
  readonly isLinearised: boolean;
  /** Steps between two that are reported. */
  readonly every: number;
  readonly rateAt: (step: number) => number;
}

/**
 * Adds learning_rate and, for linearised training, anchor_step, and a distance_from_anchor of zero
 * where every step is linearised at its own weights.
 */
export function columnsSeen(emitted: Columns, known: ColumnsKnown): Columns {
  const steps = emitted["loss"]?.length ?? 0;
  const first = firstReported(known);
  const learning_rate = Float64Array.from({ length: steps }, (_, at) =>
    known.rateAt(first + at * known.every),
  );
  if (!known.isLinearised) return { ...emitted, learning_rate };
  const { distance_from_anchor = new Float64Array(steps), ...others } = emitted;
  return { ...others, learning_rate, distance_from_anchor, anchor_step: anchorSteps(steps, known) };
}

function anchorSteps(steps: number, known: ColumnsKnown): Float64Array {
  const { anchors, anchorStep, every } = known;
  const first = firstReported(known);
  const out = new Float64Array(steps);
  let last = anchorStep ?? 0;
  let next = 0;
  for (let at = 0; at < steps; at++) {
    while ((anchors[next] ?? Number.POSITIVE_INFINITY) <= first + at * every) {
      last = anchors[next] as number;
      next++;
    }
    out[at] = last;
  }
  return out;
}

/** The first `steps` of every column. */
export function cutColumns(columns: Columns, steps: number): Columns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, values.subarray(0, steps)]),
  );
}
