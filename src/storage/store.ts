/**
 * PORT: where runs, models, data sets and events are kept. A callback receives a Reader or a
 * Writer, so a parameter's type says whether code may write; a Writer's callback is one
 * transaction. Adapters are in store/; only they hold SQL.
 */
import type { ApiKey } from "#schemas/api-key.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { EventData, EventKind, RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { Priority, Run, RunError, RunStatus, Wish } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { SweepRequest } from "#schemas/sweep.ts";
import type { Figure } from "#schemas/values.ts";
import type { KernelExamples, SteeringEntry } from "#src/channel.ts";
import type { EventRange, LogPage } from "#storage/events.ts";
import type { Fleet } from "#storage/fleet.ts";
import type { Lease, Leases } from "#storage/leases.ts";

/** Who owns what nobody else is named for. */
export const usualTenant = "default";

/** A key as stored: its secret is not, only a digest of it. */
export interface ApiKeyRecord {
  readonly key: ApiKey;
  /** SHA-256 of the secret, hexadecimal. */
  readonly hash: string;
}

/** A resumable upload; how much of it has come is told by its bytes. */
export interface UploadRecord {
  readonly id: string;
  /** Bytes that it is going to have. */
  readonly length: number;
  readonly createdMs: number;
  readonly expiresMs: number;
}

/** With the tenant that it belongs to, for those who serve all of them. */
export type Owned<T> = T & { readonly tenant: string };

/** A run as stored: what the contract shows, and what only the server needs. */
export interface RunRecord {
  readonly run: Run;
  /** Steering asked for so far, in order; `step` null until the trainer applied it. */
  readonly steering: readonly SteeringEntry[];
  /** Steps whose metrics are on the log: the next metrics event begins at this + 1. */
  readonly metricsThrough: number;
  /** Seconds of training so far, over all attempts. */
  readonly secondsUsed: number;
  /** Attempts in a row that ended without a step of progress. */
  readonly failuresInRow: number;
  /** Not to be started before this time (ms since 1970), after a failed attempt. */
  readonly notBeforeMs: number;
  /** Bytes that a trainer of it is going to need, estimated. */
  readonly needsBytes: number;
  /** Since when it waits (ms since 1970); since it was made when absent. */
  readonly queuedMs?: number;
  /** When a worker last asked others to give way to it (ms since 1970). */
  readonly placeAskedMs?: number;
  /** `metricsThrough` when it last gave way to another. */
  readonly yieldedAt?: number;
  /** The trace of the request that asked for it (W3C traceparent). */
  readonly traceparent?: string;
  /** Distance of the latest snapshot's kernel to the first; absent before one. */
  readonly kernelDistance?: Figure;
}

/** A sweep as stored: what was asked for, and how far it is. Its runs tell the rest. */
export interface SweepRecord {
  readonly id: string;
  readonly request: SweepRequest;
  readonly wanted: Wish;
  /** Cells. */
  readonly total: number;
  /** Cells that have become runs: the next is the cell of this number. */
  readonly fed: number;
  /** Digest of a definition in the request → the model made from it. */
  readonly models: Readonly<Record<string, string>>;
  /** What cells that are no run yet are going to need. */
  readonly needs: { readonly models: readonly string[]; readonly datasets: readonly string[] };
  /** Why no further cell can become a run. */
  readonly error: RunError | null;
  readonly createdAt: string;
  readonly version: number;
}

/** A one-off kernel as stored. */
export interface NtkRecord {
  readonly ntk: Ntk;
  readonly first: KernelExamples;
  readonly second: KernelExamples | null;
  /** Digest of the checkpoint's manifest; null for initial weights. */
  readonly weights: string | null;
  /** How often a child was given it. */
  readonly attempts: number;
}

export interface PageRequest {
  readonly limit: number;
  /** Id of the last row of the page before. */
  readonly after?: string;
}

/** Newest first. */
export interface Page<T> {
  readonly rows: readonly T[];
  readonly more: boolean;
}

export interface RunFilter extends PageRequest {
  readonly statuses?: readonly RunStatus[];
  readonly model?: string;
  readonly dataset?: string;
  readonly sweep?: string;
}

/** An event before it has a seq. `key` is unique in its run; an event with a known key is dropped. */
export type NewEvent = {
  [K in EventKind]: { readonly type: K; readonly key: string | null; readonly data: EventData<K> };
}[EventKind];

/** Runs that ask for one of these devices, and need at most so many bytes. */
export interface Fit {
  readonly devices: readonly Run["device"][];
  readonly memoryBytesMax: number;
}

/** A place for a run that has become free. */
export interface Turn {
  /** Runs whose `notBeforeMs` is later have to wait. */
  readonly nowMs: number;
  /** Tenants with so many runs in training are passed over. */
  readonly heldMax?: number | undefined;
  /** Runs that are passed over. */
  readonly except?: readonly string[];
  /** One of these is enough. */
  readonly fits: readonly Fit[];
}

/** How a run and its log move on together. */
export interface Advance {
  /** RFC 3339, of all events. */
  readonly time: string;
  readonly events: readonly NewEvent[];
  /** The next record, given those of the events that the log did not have. */
  readonly next: (stored: readonly RunEvent[]) => RunRecord | Promise<RunRecord>;
}

/** The stored answer to a request that carried an Idempotency-Key. */
export interface Answer {
  readonly key: string;
  /** Digest of method, path and payload. */
  readonly payload: string;
  /** Null while the first request is being answered. */
  readonly response: {
    readonly status: number;
    readonly location: string | null;
    readonly body: string;
  } | null;
  readonly createdMs: number;
}

export interface Reader {
  run(id: string): Promise<RunRecord | undefined>;
  runs(filter: RunFilter): Promise<Page<RunRecord>>;
  /** Ids that are leased and that nobody else works on: the time is over, or `owner` has it. */
  untended(owner: string, limit: number): Promise<readonly string[]>;
  /** `everyone`: also those of other tenants. */
  countRuns(statuses: readonly RunStatus[], whose?: "everyone"): Promise<number>;
  /** Bytes of models, data sets, checkpoints, kernels and unfinished uploads, as rows say. */
  bytesStored(): Promise<number>;
  /** Ascending by seq. */
  events(run: string, range: EventRange): Promise<readonly RunEvent[]>;
  /** Where a run is, and the events that follow a seq; both of one moment. */
  page(run: string, of: { after: number; limit: number }): Promise<LogPage | undefined>;
  model(id: string): Promise<Model | undefined>;
  models(page: PageRequest): Promise<Page<Model>>;
  dataset(id: string): Promise<Dataset | undefined>;
  datasets(page: PageRequest): Promise<Page<Dataset>>;
  snapshots(run: string, page: PageRequest): Promise<Page<Snapshot>>;
  snapshot(run: string, id: string): Promise<Snapshot | undefined>;
  checkpoints(run: string, page: PageRequest): Promise<Page<Checkpoint>>;
  checkpoint(run: string, id: string): Promise<Checkpoint | undefined>;
  sweep(id: string): Promise<SweepRecord | undefined>;
  sweeps(page: PageRequest): Promise<Page<SweepRecord>>;
  /** Oldest first: sweeps with cells that may still become runs, paused ones among them. */
  openSweeps(limit: number): Promise<readonly Owned<SweepRecord>[]>;
  /** Runs of a sweep by status; a status that none has is left out. */
  countCells(sweep: string): Promise<Readonly<Partial<Record<RunStatus, number>>>>;
  ntk(id: string): Promise<NtkRecord | undefined>;
  ntks(page: PageRequest): Promise<Page<NtkRecord>>;
  /** Oldest first: those that wait or are under way. */
  openNtks(limit: number): Promise<readonly NtkRecord[]>;
  apiKey(id: string): Promise<ApiKeyRecord | undefined>;
  apiKeys(page: PageRequest): Promise<Page<ApiKeyRecord>>;
  upload(id: string): Promise<UploadRecord | undefined>;
  /** Those whose time has passed, oldest first. */
  uploadsExpired(nowMs: number, limit: number): Promise<readonly UploadRecord[]>;
  answer(key: string): Promise<Answer | undefined>;
  /** Every digest that a row points at: what the artifact sweep must keep. */
  digests(): Promise<ReadonlySet<string>>;
}

/**
 * What a writer reads by its id stays as it is until the transaction ends: two that change the same
 * row come one after the other. Listings and counts promise nothing of the kind; `alone` does.
 */
export interface Writer extends Reader {
  /** Waits until no other transaction is alone under this name, and is until its end. */
  alone(name: string): Promise<void>;
  readonly leases: Leases;
  readonly fleet: Fleet;
  /** The run that a lease in force is on; it stays so. Failures `not_found`, `lease_lost`. */
  heldRun(lease: Lease): Promise<RunRecord>;
  /** The run whose turn it is, if there is one; other writers pass it over until this one ends. */
  nextQueued(turn: Turn): Promise<RunRecord | undefined>;
  /** Those of this priority and higher ones that would follow, in the order of their turns. */
  waiting(
    turn: Turn,
    of: { readonly from: Priority; readonly limit: number },
  ): Promise<readonly RunRecord[]>;
  insertRun(record: RunRecord): Promise<void>;
  /**
   * Replaces the record but for `epoch`, fixed when it was inserted, and `last_seq`, which the log
   * owns. Failure `conflict` unless `run.version` is one more than the stored one, `not_found`.
   */
  updateRun(record: RunRecord): Promise<void>;
  /** Its events, snapshots and checkpoints too. */
  deleteRun(id: string): Promise<void>;
  /**
   * Appends to the run's log with the next seqs and `time` (RFC 3339), dropping events whose key
   * is known, and updates the run's `last_seq` (its `version` stays). Returns what was stored.
   * Failure `not_found`.
   */
  append(run: string, time: string, events: readonly NewEvent[]): Promise<readonly RunEvent[]>;
  /**
   * `append` and `updateRun` of a record that this transaction has read, in one change of its row.
   * Returns the record as stored. Failures of both.
   */
  advance(record: RunRecord, of: Advance): Promise<RunRecord>;
  insertModel(model: Model): Promise<void>;
  deleteModel(id: string): Promise<void>;
  insertDataset(dataset: Dataset): Promise<void>;
  deleteDataset(id: string): Promise<void>;
  insertSnapshot(run: string, snapshot: Snapshot): Promise<void>;
  insertCheckpoint(checkpoint: Checkpoint): Promise<void>;
  deleteCheckpoint(run: string, id: string): Promise<void>;
  insertSweep(sweep: SweepRecord): Promise<void>;
  /** Failure `conflict` unless `version` is one more than the stored one, `not_found`. */
  updateSweep(sweep: SweepRecord): Promise<void>;
  /** Not its runs. */
  deleteSweep(id: string): Promise<void>;
  /** The oldest open one that no other worker has a lease on; other writers pass it over. */
  nextNtk(owner: string): Promise<NtkRecord | undefined>;
  insertNtk(ntk: NtkRecord): Promise<void>;
  /** Does nothing when it was deleted meanwhile. */
  updateNtk(ntk: NtkRecord): Promise<void>;
  deleteNtk(id: string): Promise<void>;
  insertApiKey(record: ApiKeyRecord): Promise<void>;
  /** Does nothing when it was deleted meanwhile. */
  updateApiKey(record: ApiKeyRecord): Promise<void>;
  deleteApiKey(id: string): Promise<void>;
  insertUpload(upload: UploadRecord): Promise<void>;
  deleteUpload(id: string): Promise<void>;
  /** False when the key is taken. */
  claimAnswer(answer: Answer): Promise<boolean>;
  completeAnswer(key: string, response: NonNullable<Answer["response"]>): Promise<void>;
  forgetAnswer(key: string): Promise<void>;
  forgetAnswersBefore(createdMs: number): Promise<void>;
}

export interface Store extends AsyncDisposable {
  /**
   * The same store as one tenant sees it: nothing of others can be read or changed, and what is
   * inserted is the tenant's. Without it all is seen, and what is inserted is `usualTenant`'s.
   * Closing it closes nothing.
   */
  of(tenant: string): Store;
  /** Each call of the reader sees what is committed by then. */
  read<T>(body: (reader: Reader) => Promise<T>): Promise<T>;
  /**
   * One transaction: all of it or nothing. `body` may be run again when the store asks for it. A
   * write inside a write would wait for itself. Failure `queue_full` when too many writes wait.
   */
  write<T>(body: (writer: Writer) => Promise<T>): Promise<T>;
  /** Rejects when the store cannot serve: used by readiness. */
  check(): Promise<void>;
}
