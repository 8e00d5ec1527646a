/** A few points of a run's loss for a sparkline: fetched once for runs that have ended. */

import { api } from "../calls/api.ts";
import { Series } from "../plot/series.ts";

const points = 160;
const keptMax = 500;
const known = new Map<string, Promise<Series>>();

async function load(run: string): Promise<Series> {
  const series = new Series();
  const { columns } = await api.metrics(run, ["loss"], points);
  for (const [i, step] of (columns["step"] ?? []).entries()) {
    series.push(Number(step), Number(columns["loss"]?.[i] ?? Number.NaN));
  }
  return series;
}

/** The loss of an ended run in few points; empty when it has none. */
export function overviewOf(run: string): Promise<Series> {
  const before = known.get(run);
  if (before !== undefined) return before;
  const loading = load(run).catch(() => new Series());
  known.set(run, loading);
  for (const key of known.keys()) {
    if (known.size <= keptMax) break;
    known.delete(key);
  }
  return loading;
}
