/** Small marks: what state a run is in, and how it trains. */
import type { Run, RunStatus } from "#schemas/run.ts";
import { html } from "../preact.ts";

export function StatusBadge({ status }: { readonly status: RunStatus }) {
  return html`<span class="badge" data-status=${status}>${status}</span>`;
}

/** When a run linearises, in few words. */
export function periodWords(period: unknown): string {
  if (period === "never") return "K = never";
  if (typeof period === "number") return `K = ${period}`;
  if (period === null || typeof period !== "object") return "standard";
  if ("at" in period) return "K at chosen steps";
  if ("preset" in period && "updates" in period)
    return `${period.preset}, ${period.updates} updates`;
  if ("every_step_until" in period) return `K = 1 until ${period.every_step_until}`;
  if ("gap" in period) return `K by gap ${period.gap}`;
  return "scheduled";
}

export const algorithmWords = ({ algorithm }: Pick<Run, "algorithm">): string =>
  algorithm.type === "gauss_newton"
    ? "Gauss–Newton"
    : algorithm.type === "standard"
      ? "standard"
      : periodWords(algorithm.period);

export const isEnded = (status: RunStatus): boolean =>
  status === "succeeded" || status === "failed" || status === "cancelled";

export const nameOf = (thing: { readonly name: string | null; readonly id: string }): string =>
  thing.name ?? thing.id;
