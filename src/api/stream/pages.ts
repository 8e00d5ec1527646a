/**
 * Pages of a log, read once for all readers that want the same one in the same turn: a wake-up
 * reaches every reader of a run together, and each then asks for what follows its own cursor.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventKind } from "#schemas/event.ts";
import { Failure } from "#src/failure.ts";
import type { LogPage } from "#storage/events.ts";
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

const unknown = (run: string): Failure => new Failure("not_found", `There is no run ${run}.`);

/** The first page of a reader, for which all of the run's row is looked at. Failure `not_found`. */
export async function readPage(store: Store, wanted: PageWanted): Promise<LogPage> {
  const { run, kinds, after } = wanted;
  return store.read(async (reader) => {
    const record = await reader.run(run);
    if (record === undefined) throw unknown(run);
    const range = { after, through: record.run.last_seq, limit: eventsPage };
    const filter = kinds === undefined ? {} : { kinds };
    return { run: record.run, events: await reader.events(run, { ...range, ...filter }) };
  });
}

/** A further page. Of all kinds it is one question to the store. Failure `not_found`. */
async function readOn(store: Store, wanted: PageWanted): Promise<LogPage> {
  const { run, kinds, after } = wanted;
  if (kinds !== undefined) return readPage(store, wanted);
  const page = await store.read((reader) => reader.page(run, { after, limit: eventsPage }));
  if (page === undefined) throw unknown(run);
  return page;
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
    return readOn(store, wanted);
  });
  waiting.set(key, page);
  return page;
}
