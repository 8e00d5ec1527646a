/**
 * The tables, as types. A resource is a JSON document; the columns beside it are those that a
 * query filters, orders or claims by. Times and JSON are text, so that all dialects agree.
 */
import type { EventKind } from "#schemas/event.ts";
import type { RunStatus } from "#schemas/run.ts";

/** Of what the row says (seals.ts). */
interface Sealed {
  readonly seal: number;
}

/** Whose a row is. Rows of a run's log and parts are whose the run is. */
interface Owned extends Sealed {
  readonly tenant: string;
}

export interface RunTable extends Owned {
  readonly id: string;
  readonly status: RunStatus;
  readonly model: string;
  readonly dataset: string;
  readonly version: number;
  readonly not_before_ms: number;
  /** Fixed when the run is inserted. */
  readonly epoch: string;
  /** Owned by the log: what the document says of it is not looked at. */
  readonly last_seq: number;
  readonly log_seal: number;
  /** The sweep of which the run is a cell, and the number of that cell. */
  readonly sweep: string | null;
  readonly cell: number | null;
  /** 2 for high, 1 for normal, 0 for low. */
  readonly priority: number;
  /** Memory that a trainer of it is going to need, estimated. */
  readonly needs_bytes: number;
  readonly device: string;
  readonly document: string;
}

export interface WorkerTable {
  readonly id: string;
  readonly seen_ms: number;
  readonly document: string;
}

export interface ErrandTable {
  readonly id: string;
  readonly kind: string;
  readonly expires_ms: number;
  /** Who works on it; null while nobody does. */
  readonly owner: string | null;
  readonly request: string;
  readonly answer: string | null;
}

export interface TicketTable {
  readonly digest: string;
  readonly caller: string;
  readonly expires_ms: number;
  readonly document: string;
}

export interface LeaseTable {
  readonly id: string;
  readonly owner: string;
  readonly epoch: number;
  /** By the database's clock. */
  readonly expires_ms: number;
}

export interface SweepTable extends Owned {
  readonly id: string;
  readonly version: number;
  /** 1 while cells may still become runs. */
  readonly open: number;
  readonly document: string;
}

export interface NtkTable extends Owned {
  /** Of the kernel. */
  readonly bytes: number;
  readonly id: string;
  /** 1 while it waits or is under way. */
  readonly open: number;
  /** Of the kernel, and of given inputs. */
  readonly digest: string | null;
  readonly first_inputs: string | null;
  readonly second_inputs: string | null;
  readonly document: string;
}

export interface EventTable extends Sealed {
  readonly run: string;
  readonly seq: number;
  readonly kind: EventKind;
  readonly key: string | null;
  readonly time: string;
  /** First and last step that the event tells of; null when it tells of none. */
  readonly from_step: number | null;
  readonly to_step: number | null;
  readonly data: string;
}

/** A model or a data set. Models of earlier versions have 0 bytes. */
export interface CatalogTable extends Owned {
  readonly id: string;
  readonly digest: string;
  readonly bytes: number;
  readonly document: string;
}

/** A snapshot or a checkpoint. */
export interface RunPartTable extends Sealed {
  readonly run: string;
  readonly id: string;
  readonly digest: string | null;
  readonly bytes: number;
  readonly document: string;
}

export interface CheckpointTable extends RunPartTable {
  readonly weights: string;
}

export interface ApiKeyTable extends Owned {
  readonly id: string;
  readonly hash: string;
  readonly document: string;
}

export interface UploadTable extends Owned {
  readonly id: string;
  readonly bytes: number;
  readonly expires_ms: number;
  readonly document: string;
}

export interface AnswerTable extends Owned {
  readonly key: string;
  readonly payload: string;
  /** Null while the first request is being answered. */
  readonly response: string | null;
  readonly created_ms: number;
}

export interface Tables {
  readonly schema_version: { readonly version: number };
  readonly runs: RunTable;
  readonly events: EventTable;
  readonly leases: LeaseTable;
  readonly workers: WorkerTable;
  readonly errands: ErrandTable;
  readonly tickets: TicketTable;
  readonly turns: { readonly name: string; readonly taken_ms: number };
  readonly models: CatalogTable;
  readonly datasets: CatalogTable;
  readonly snapshots: RunPartTable;
  readonly checkpoints: CheckpointTable;
  readonly answers: AnswerTable;
  readonly sweeps: SweepTable;
  readonly ntks: NtkTable;
  readonly api_keys: ApiKeyTable;
  readonly uploads: UploadTable;
}
