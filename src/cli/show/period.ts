/** How a run trains, in a word or two: `standard`, `K=64`, `K=never`. */
import type { Algorithm, Period } from "#schemas/algorithm.ts";

export function showAlgorithm(algorithm: Algorithm): string {
  if (algorithm.type === "gauss_newton") return "Gauss–Newton";
  return algorithm.type === "standard" ? "standard" : `K=${showPeriod(algorithm.period)}`;
}

function showPeriod(period: Period): string {
  if (typeof period !== "object") return String(period);
  if ("at" in period) return `${period.at.length} steps`;
  if ("preset" in period) return `${period.preset} ${period.updates}`;
  return "gap" in period ? `gap ${period.gap}` : `1 until ${period.every_step_until}`;
}
