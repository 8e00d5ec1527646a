/**
 * Follows a whole sweep as an async iterator over one stream: how the sweep is, and the events of
 * its runs, until it has ended. A cut connection is opened again, and then tells from where the
 * sweep is: a sweep has no position of its own, and its table is there to be read at any time.
 */
import type { EventKind } from "#schemas/event.ts";
import type { ServerFrame, SweepFrame } from "#schemas/stream.ts";
import type { Sweep } from "#schemas/sweep.ts";
import { bearer } from "./client.ts";
import { connect, left } from "./connection.ts";
import type { Closed, OpenSocket } from "./frames.ts";
import { ask, backoff, type Fetch, FollowError, mayReturn } from "./returning.ts";

export interface FollowSweepOptions {
  /** Where the service is, such as `http://127.0.0.1:8080`. */
  readonly baseUrl: string;
  readonly sweep: string;
  /** Kinds of events of its runs; status alone unless told. */
  readonly kinds?: readonly EventKind[];
  /** Tell runs that are there already from their beginning; from now unless told. */
  readonly history?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Where the service wants a key; the stream is opened with a ticket that it gives. */
  readonly apiKey?: string | undefined;
  readonly fetch?: Fetch;
  /** The global WebSocket unless told. */
  readonly openSocket?: OpenSocket;
  /** Longest wait before the next attempt; the first waits are far shorter. */
  readonly backoffMsMax?: number;
  /** Attempts in a row without a single frame before it gives up; without end unless told. */
  readonly attemptsMax?: number;
}

export type SweepNews = SweepFrame | Extract<ServerFrame, { readonly frame: "event" }>;

const attemptsWithoutEnd = Number.POSITIVE_INFINITY;

/** Whether a sweep of this status will not move by itself any more. */
export const hasEnded = (status: Sweep["status"]): boolean =>
  status === "completed" || status === "cancelled" || status === "failed";

function urlOf({ baseUrl, sweep, kinds, history }: FollowSweepOptions, isFirst: boolean): URL {
  const url = new URL(`/v1/sweeps/${encodeURIComponent(sweep)}/stream`, baseUrl);
  url.searchParams.set("kinds", (kinds ?? ["status"]).join(","));
  url.searchParams.set("history", String(history === true && isFirst));
  return url;
}

/** The sweep as a frame, read over REST; undefined when the service did not answer. */
async function frameOf(options: FollowSweepOptions): Promise<SweepFrame | undefined> {
  const { baseUrl, sweep, apiKey, fetch = globalThis.fetch } = options;
  const headers = { accept: "application/json", ...bearer(apiKey) };
  const url = new URL(`/v1/sweeps/${encodeURIComponent(sweep)}`, baseUrl);
  const answer = (await ask(fetch, new Request(url, { headers }))) as Sweep | undefined;
  if (answer === undefined) return undefined;
  const { id, status, total, counts } = answer;
  return { frame: "sweep", sweep: id, status, total, counts };
}

/** One connection's frames; how it ended, or undefined when the sweep has ended. */
async function* connection(
  options: FollowSweepOptions,
  state: { isFirst: boolean; failures: number },
): AsyncGenerator<SweepNews, Closed | undefined> {
  const frames = connect(urlOf(options, state.isFirst), options);
  try {
    for (;;) {
      const { done, value: frame } = await frames.next();
      if (done === true) return frame;
      state.failures = 0;
      state.isFirst = false;
      if (frame.frame === "error" && !frame.retryable) {
        throw new FollowError(frame.code, frame.message);
      }
      if (frame.frame === "event") yield frame;
      if (frame.frame !== "sweep") continue;
      yield frame;
      if (hasEnded(frame.status)) return undefined;
    }
  } finally {
    await frames.return(left);
  }
}

/**
 * Yields how the sweep is whenever that changes, and its runs' events, until it has ended or the
 * signal aborts; the last frame of a sweep that has ended says so. Throws FollowError.
 */
export async function* followSweep(options: FollowSweepOptions): AsyncGenerator<SweepNews, void> {
  const { signal, attemptsMax = attemptsWithoutEnd } = options;
  const state = { isFirst: true, failures: 0 };
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    const closed = yield* connection(options, state);
    if (closed === undefined || isOver()) return;
    if (!mayReturn(closed.code)) {
      throw new FollowError("unreachable", `The stream was closed with ${closed.code}.`);
    }
    state.failures += 1;
    if (state.failures > attemptsMax) {
      throw new FollowError("unreachable", "The service cannot be reached.");
    }
    await backoff({ ...options, failures: state.failures });
    // It may have ended while nobody listened.
    const now = await frameOf(options);
    if (now !== undefined && hasEnded(now.status)) return yield now;
  }
}
