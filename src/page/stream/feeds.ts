/** The feeds of all runs that somebody looks at, over one socket; some are kept for a way back. */
import type { StreamTicket } from "#schemas/api-key.ts";
import { apiKey } from "../calls/key.ts";
import { call } from "../calls/request.ts";
import { useEffect, useReducer } from "../preact.ts";
import { Cell, type Stop } from "../state/cell.ts";
import { throttled } from "../state/frame.ts";
import { Feed } from "./feed.ts";
import { StreamSocket } from "./socket.ts";

/** Feeds that nobody looks at any more but that may be looked at again. */
const keptMax = 24;
const wordsMs = 200;

/** Where to connect; where a key is needed, with a ticket that is good once. */
export async function streamAddress(path: string): Promise<string> {
  const url = new URL(path, location.href);
  url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  if (apiKey.value === null) return url.href;
  const { ticket } = await call<StreamTicket>("/v1/stream-tickets", { method: "POST" });
  url.searchParams.set("ticket", ticket);
  return url.href;
}

export const socket = new StreamSocket(() => streamAddress("/v1/stream"));

interface Entry {
  readonly feed: Feed;
  readonly changes: Cell<number>;
  watchers: number;
}

const entries = new Map<string, Entry>();

function changed(feed: Feed): void {
  const entry = entries.get(feed.run);
  entry?.changes.set(entry.changes.value + 1);
}

function entryOf(run: string): Entry {
  const known = entries.get(run);
  if (known !== undefined) return known;
  const feed = new Feed(run, { changed, renew: (which) => socket.renew(which) });
  const entry: Entry = { feed, changes: new Cell(0), watchers: 0 };
  entries.set(run, entry);
  return entry;
}

/** What is known of a run, whether or not it is followed. */
export function feedOf(run: string): Feed {
  return entryOf(run).feed;
}

function forgetOld(): void {
  const idle = [...entries].filter(([, entry]) => entry.watchers === 0);
  for (const [run] of idle.slice(0, Math.max(0, idle.length - keptMax))) entries.delete(run);
}

/** Follows a run until the returned function is called; `act` runs at every change. */
export function follow(run: string, act: () => void): Stop {
  const entry = entryOf(run);
  const stop = entry.changes.watch(act);
  entry.watchers += 1;
  if (entry.watchers === 1) socket.add(entry.feed);
  return () => {
    stop();
    entry.watchers -= 1;
    if (entry.watchers > 0) return;
    socket.remove(entry.feed);
    // Moved to the end: the one left last is forgotten last.
    entries.delete(run);
    entries.set(run, entry);
    forgetOld();
  };
}

/** The feed, with a redraw a few times a second while it changes. */
export function useFeed(run: string): Feed {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(
    () =>
      follow(
        run,
        throttled(wordsMs, () => redraw(undefined)),
      ),
    [run],
  );
  return feedOf(run);
}

/** Several feeds at once, with a redraw a few times a second while any of them changes. */
export function useFeeds(runs: readonly string[]): readonly Feed[] {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  useEffect(() => {
    const act = throttled(wordsMs, () => redraw(undefined));
    const stops = runs.map((run) => follow(run, act));
    return () => {
      for (const stop of stops) stop();
    };
  }, [runs.join(",")]);
  return runs.map(feedOf);
}

/** Calls `act` at every change of any of the runs. */
export function followAll(runs: readonly string[], act: () => void): Stop {
  const stops = runs.map((run) => follow(run, act));
  return () => {
    for (const stop of stops) stop();
  };
}
