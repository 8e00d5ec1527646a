/**
 * Pages of a log, read once for all readers that want the same one: a wake-up reaches every reader
 * of a run together, and each then asks for what follows its own cursor; and whoever reads what is
 * long past finds the pages that others have just read.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { EventKind } from "#schemas/event.ts";
import { Failure } from "#src/failure.ts";
import type { LogPage as StoredPage } from "#storage/events.ts";
import type { Store } from "#storage/store.ts";
import type { Wakeups } from "#storage/wakeups.ts";

/** Events of one read. */
export const eventsPage = 100;
/** Whole pages that are kept, those least lately asked for going first. */
const pagesKeptMax = 64;

export interface PageWanted {
  readonly run: string;
  readonly kinds?: readonly EventKind[] | undefined;
  /** Exclusive. */
  readonly after: number;
}

/** Its run is as it was when the page was read: of a whole page that may be long ago. */
export interface LogPage extends StoredPage {
  /** More may follow at once; else the log was read to the end that `run` tells. */
  readonly isWhole: boolean;
}

const unknown = (run: string): Failure => new Failure("not_found", `There is no run ${run}.`);

/** Pages of all kinds end at the same seqs whoever reads them, so that readers find them again. */
function limitOf({ kinds, after }: PageWanted): number {
  return kinds === undefined ? eventsPage - (after % eventsPage) : eventsPage;
}

/** The first page of a reader, for which all of the run's row is looked at. Failure `not_found`. */
export async function readPage(store: Store, wanted: PageWanted): Promise<LogPage> {
  const { run, kinds, after } = wanted;
  return store.read(async (reader) => {
    const record = await reader.run(run);
    if (record === undefined) throw unknown(run);
    const limit = limitOf(wanted);
    const range = { after, through: record.run.last_seq, limit };
    const filter = kinds === undefined ? {} : { kinds };
    const events = await reader.events(run, { ...range, ...filter });
    return { run: record.run, events, isWhole: events.length === limit };
  });
}

/** A further page. Of all kinds it is one question to the store. Failure `not_found`. */
async function readOn(store: Store, wanted: PageWanted): Promise<LogPage> {
  const { run, kinds, after } = wanted;
  if (kinds !== undefined) return readPage(store, wanted);
  const limit = limitOf(wanted);
  const page = await store.read((reader) => reader.page(run, { after, limit }));
  if (page === undefined) throw unknown(run);
  return { ...page, isWhole: page.events.length === limit };
}

/** What one service (its wake-ups are one) has read and is about to read, by what is wanted. */
interface Shelf {
  /** Reads that have not begun. */
  readonly waiting: Map<string, Promise<LogPage>>;
  /** Whole pages, which never change: the least lately asked for is the first. */
  readonly whole: Map<string, LogPage>;
}

const shelves = new WeakMap<Wakeups, Shelf>();

function shelfOf(wakeups: Wakeups): Shelf {
  const shelf = shelves.get(wakeups) ?? { waiting: new Map(), whole: new Map() };
  shelves.set(wakeups, shelf);
  return shelf;
}

function keep({ whole }: Shelf, key: string, page: LogPage): void {
  whole.delete(key);
  whole.set(key, page);
  const [oldest] = whole.size > pagesKeptMax ? whole.keys() : [];
  if (oldest !== undefined) whole.delete(oldest);
}

/**
 * The same for a reader who has read a page of this run before, and so may see it. The read begins
 * in the next turn: whoever asks until then shares it, and it sees all that was stored by then.
 */
export function sharedPage(
  { store, wakeups }: { readonly store: Store; readonly wakeups: Wakeups },
  wanted: PageWanted,
): Promise<LogPage> {
  const key = `${wanted.run} ${wanted.after} ${wanted.kinds?.join(",") ?? ""}`;
  const shelf = shelfOf(wakeups);
  const kept = shelf.whole.get(key);
  if (kept !== undefined) {
    keep(shelf, key, kept);
    return Promise.resolve(kept);
  }
  const known = shelf.waiting.get(key);
  if (known !== undefined) return known;
  const page = nextTurn().then(async () => {
    shelf.waiting.delete(key);
    const read = await readOn(store, wanted);
    if (read.isWhole) keep(shelf, key, read);
    return read;
  });
  shelf.waiting.set(key, page);
  return page;
}
