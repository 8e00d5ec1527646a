/**
 * What is tidied up now and then while the service runs: runs that have been kept long enough,
 * uploads that nobody finished, artifacts that nothing points at.
 */

import { terminalStatuses } from "#runs/change.ts";
import { checkpointsLogged } from "#runs/retention.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { RunFilter, Store } from "#storage/store.ts";
import { sweepArtifacts } from "#storage/sweep.ts";
import type { Uploads } from "#storage/uploads.ts";
import { Failure } from "./failure.ts";
import { idAt } from "./ids.ts";
import type { Log } from "./log.ts";

/** How often, and how old an artifact that nothing points at must be to go. */
const everyMs = 60 * 60 * 1000;
/** Without room: how old. A row points at its artifact well before that. */
const hurryAgeMs = 10 * 60_000;
/**
 * Without room: how often, and how old what a log names and no row does any more, such as
 * checkpoints that later ones replaced. Equal bytes may just have been stored by another run.
 */
const hurryEveryMs = 20_000;
const letGoAgeMs = 20_000;
const dayMs = 24 * 60 * 60 * 1000;
/** Of the time between two turns: timers of two replicas, or of one, are never quite even. */
const turnShare = 0.9;
const runsPerPage = 100;
const uploadsPerTurn = 100;

export interface UpkeepOptions {
  readonly store: Store;
  readonly artifacts: Artifacts;
  readonly uploads: Uploads;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Null keeps all runs. */
  readonly retentionDays: number | null;
  readonly now: () => number;
}

/** Deletes runs that ended before the cutoff. Runs of a sweep go with their sweep. */
export async function forgetOldRuns(
  { store, signal }: Pick<UpkeepOptions, "store" | "signal">,
  cutoffMs: number,
): Promise<number> {
  let deleted = 0;
  // No run that was made after the cutoff can have ended before it.
  let after: string | undefined = idAt("run", cutoffMs);
  while (after !== undefined && !signal.aborted) {
    const filter: RunFilter = { statuses: terminalStatuses, limit: runsPerPage, after };
    const { rows, more } = await store.read((reader) => reader.runs(filter));
    const old = rows.filter(({ run }) => {
      const { finished_at: end, sweep } = run;
      return sweep === undefined && end !== null && Date.parse(end) < cutoffMs;
    });
    await store.write(async (writer) => {
      for (const { run } of old) await writer.deleteRun(run.id);
    });
    deleted += old.length;
    after = more ? rows.at(-1)?.run.id : undefined;
  }
  return deleted;
}

/** Deletes uploads whose time has passed, the bytes first: a row without bytes is gone too. */
export async function forgetOldUploads(
  { store, uploads, signal }: Pick<UpkeepOptions, "store" | "uploads" | "signal">,
  nowMs: number,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const old = await store.read((reader) => reader.uploadsExpired(nowMs, uploadsPerTurn));
    if (old.length === 0 || signal.aborted) return deleted;
    for (const { id } of old) {
      await uploads.delete(id);
      await store.write((writer) => writer.deleteUpload(id));
    }
    deleted += old.length;
  }
}

async function tidy(options: UpkeepOptions, olderThanMs: number): Promise<object> {
  const { retentionDays, now } = options;
  const runs =
    retentionDays === null ? 0 : await forgetOldRuns(options, now() - retentionDays * dayMs);
  const uploads = await forgetOldUploads(options, now());
  const swept = await sweepArtifacts({ ...options, olderThanMs });
  return { runs, uploads, ...swept };
}

/** Of several replicas one tidies up in an hour; undefined when another has done so. */
async function inTurn(options: UpkeepOptions, olderThanMs: number): Promise<object | undefined> {
  const everyTurnMs = Math.floor(olderThanMs * turnShare);
  const { store } = options;
  const isOurs = await store.write((writer) => writer.fleet.turn("upkeep", everyTurnMs));
  return isOurs ? tidy(options, olderThanMs) : undefined;
}

/**
 * Deletes what replaced checkpoints left. It needs no turn and writes no row: the database may be
 * on the very disk that is full.
 */
async function sweepLetGo(options: UpkeepOptions): Promise<object> {
  const digests = await checkpointsLogged(options);
  const letGo = { digests, olderThanMs: letGoAgeMs };
  return sweepArtifacts({ ...options, olderThanMs: Number.POSITIVE_INFINITY, letGo });
}

/** The rest is tidied up too, unless that cannot be stored. */
async function makeRoom(options: UpkeepOptions): Promise<object> {
  const swept = await sweepLetGo(options);
  const rest = await inTurn(options, hurryAgeMs).catch((error: unknown) => {
    if (error instanceof Failure && error.code === "storage_full") return undefined;
    throw error;
  });
  return { ...swept, ...(rest && { rest }) };
}

export interface Upkeep {
  /** Begins, every hour until the signal aborts. */
  start(): void;
  /** There is too little room, or runs wait for it: tidies up now, and not again for a while. */
  hurry(): void;
}

export function openUpkeep(options: UpkeepOptions): Upkeep {
  const { log, signal, now } = options;
  let isTidying = false;
  let hurriedMs = Number.NEGATIVE_INFINITY;
  const begin = (tidyUp: () => Promise<object | undefined>): void => {
    if (isTidying || signal.aborted) return;
    isTidying = true;
    tidyUp()
      .then((done) => done !== undefined && log.info(done, "tidied up"))
      .catch((err: unknown) => {
        if (!signal.aborted) log.error({ err }, "could not tidy up");
      })
      .finally(() => {
        isTidying = false;
      });
  };
  return {
    start: () => {
      const timer = setInterval(() => begin(() => inTurn(options, everyMs)), everyMs);
      timer.unref();
      signal.addEventListener("abort", () => clearInterval(timer), { once: true });
    },
    hurry: () => {
      if (now() - hurriedMs < hurryEveryMs) return;
      hurriedMs = now();
      begin(() => makeRoom(options));
    },
  };
}
