/**
 * Pages of a log, read once for all readers that want the same one in the same turn: a wake-up
 * reaches every reader of a run together, and each then asks for what follows its own cursor.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { Run } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";

/** Events of one read. */
export const eventsPage = 100;

export interface PageWanted {
  readonly run: string;
  readonly kinds?: readonly EventKind[] | undefined;
  /** Exclusive. */
  readonly after: number;
}

export interface LogPage {
  readonly run: Run;
  readonly events: readonly RunEvent[];
}

/** Failure `not_found`. */
export async function readPage(store: Store, wanted: PageWanted): Promise<LogPage> {
  const { run, kinds, after } = wanted;
  return store.read(async (reader) => {
    const record = await reader.run(run);
    if (record === undefined) throw new Failure("not_found", `There is no run ${run}.`);
    const range = { after, through: record.run.last_seq, limit: eventsPage };
    const filter = kinds === undefined ? {} : { kinds };
    return { run: record.run, events: await reader.events(run, { ...range, ...filter }) };
  });
}

/** Reads that have not begun, by service (its wake-ups are one) and by what is wanted. */
const gathering = new WeakMap<Wakeups, Map<string, Promise<LogPage>>>();

/**
 * The same for a reader who has read a page of this run before, and so may see it. The read begins
 * in the next turn: whoever asks until then shares it, and it sees all that was stored by then.
 */
export function sharedPage(
  { store, wakeups }: { readonly store: Store; readonly wakeups: Wakeups },
  wanted: PageWanted,
): Promise<LogPage> {
  const key = `${wanted.run} ${wanted.after} ${wanted.kinds?.join(",") ?? ""}`;
  const waiting = gathering.get(wakeups) ?? new Map<string, Promise<LogPage>>();
  gathering.set(wakeups, waiting);
  const known = waiting.get(key);
  if (known !== undefined) return known;
  const page = nextTurn().then(() => {
    waiting.delete(key);
    return readPage(store, wanted);
  });
  waiting.set(key, page);
  return page;
}
