/**
 * Who gives way to a run of higher priority that has waited too long, and at most one worker asks
 * for it. Saving and ending is the attempt's business, beginning the other run the dispatcher's.
 */
import type { Priority, Run } from "#schemas/run.ts";
import type { RunRecord, Turn } from "#storage/store.ts";
import { changed } from "./change.ts";
import type { RunContext } from "./context.ts";
import type { Need, Places } from "./places.ts";

const ranks: Readonly<Record<Priority, number>> = { low: 0, normal: 1, high: 2 };
const priorities: readonly Priority[] = ["low", "normal", "high"];

/** Waiting runs that one look considers. */
const consideredMax = 20;
/** So much later a worker acts for each rank of those who would give way: lower ones go first. */
const graceMsMax = 5000;

export function rankOf({ priority }: Pick<Run, "priority">): number {
  return ranks[priority ?? "normal"];
}

export function needOf({ run, needsBytes }: RunRecord): Need {
  return { device: run.device, bytes: needsBytes };
}

/**
 * Whether a run may be asked to give way: it trains, nothing else is wished of it, and since it
 * last gave way it has got further.
 */
export function mayYield({ run, metricsThrough, yieldedAt }: RunRecord): boolean {
  if (run.status !== "running" || run.wanted !== "run") return false;
  return yieldedAt === undefined || metricsThrough > yieldedAt;
}

/**
 * The runs that would give way to another: all of lower priority, as few and as low as possible,
 * the latest begun of equals. Undefined when no such runs are enough.
 */
export function yieldingTo(
  waiting: RunRecord,
  { live, places }: { readonly live: readonly RunRecord[]; readonly places: Places },
): readonly RunRecord[] | undefined {
  const rank = rankOf(waiting.run);
  const able = new Map(
    live
      .filter((record) => mayYield(record) && rankOf(record.run) < rank)
      .map((record) => [record.run.id, record] as const),
  );
  const sets = [...[...able.keys()].map((id) => new Set([id])), ...places.onGpus];
  const enough = sets.filter(
    (set) => [...set].every((id) => able.has(id)) && places.takes(needOf(waiting), set),
  );
  const choices = enough.map((set) => [...set].flatMap((id) => able.get(id) ?? []));
  return choices.toSorted(
    (a, b) => highest(a) - highest(b) || a.length - b.length || later(a, b),
  )[0];
}

const highest = (records: readonly RunRecord[]): number =>
  Math.max(...records.map(({ run }) => rankOf(run)));

/** Ids grow with time. */
const later = ([a]: readonly RunRecord[], [b]: readonly RunRecord[]): number =>
  (a?.run.id ?? "") < (b?.run.id ?? "") ? 1 : -1;

/** Since when a run waits, milliseconds since 1970. */
export function waitsSinceMs({ run, queuedMs }: RunRecord): number {
  return queuedMs ?? Date.parse(run.created_at);
}

export interface Preempting {
  readonly places: Places;
  /** What this worker trains, as it was last seen. */
  readonly live: readonly RunRecord[];
  readonly afterMs: number;
  /** How long those that are asked may take. */
  readonly wishMs: number;
}

/** What a worker does for those that wait too long. */
export interface Preempted {
  /** Runs that are to save and give their places back. */
  readonly yielding: readonly RunRecord[];
  /** The run that they give way to. */
  readonly forRun: string | null;
  /** A run that waits for the whole of a GPU, which nobody should join meanwhile. */
  readonly reserved: Need | null;
}

const nothing: Preempted = { yielding: [], forRun: null, reserved: null };

/** Looks at those that wait, in the order of their turns, and notes who is helped. */
export async function preempt(context: RunContext, preempting: Preempting): Promise<Preempted> {
  const { places, live, afterMs } = preempting;
  if (live.length === 0) return nothing;
  const nowMs = context.now();
  const everyone = new Set(live.map(({ run }) => run.id));
  const heldMax = context.limits.tenantRunsMax ?? undefined;
  const lowest = Math.min(...live.map(({ run }) => rankOf(run)));
  const turn: Turn = { nowMs, heldMax, fits: places.fits(everyone), except: [...everyone] };
  const from = priorities[lowest] ?? "low";
  return context.store.write(async (writer) => {
    const waiting = await writer.waiting(turn, { from, limit: consideredMax });
    const overdue = waiting.filter((record) => nowMs - waitsSinceMs(record) >= afterMs);
    for (const record of overdue) {
      if (nowMs - (record.placeAskedMs ?? 0) < afterMs + preempting.wishMs) continue;
      const yielding = yieldingTo(record, { live, places });
      if (yielding === undefined) continue;
      const graceMs = Math.min(graceMsMax, afterMs) * highest(yielding);
      if (nowMs - waitsSinceMs(record) < afterMs + graceMs) continue;
      await writer.updateRun(changed(record, {}, { placeAskedMs: nowMs }));
      return { yielding, forRun: record.run.id, reserved: needOf(record) };
    }
    const [first] = overdue.filter((record) => !places.takes(needOf(record)));
    return { ...nothing, reserved: first === undefined ? null : needOf(first) };
  });
}
