/**
 * The tables, as types. A resource is a JSON document; the columns beside it are those that a
 * query filters, orders or claims by. Times and JSON are text, so that all dialects agree.
 */
import type { EventKind } from "#schemas/event.ts";
import type { RunStatus } from "#schemas/run.ts";

export interface RunTable {
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
  readonly document: string;
}

export interface EventTable {
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

/** A model or a data set. */
export interface CatalogTable {
  readonly id: string;
  readonly digest: string;
  readonly document: string;
}

/** A snapshot or a checkpoint. */
export interface RunPartTable {
  readonly run: string;
  readonly id: string;
  readonly digest: string | null;
  readonly document: string;
}

export interface CheckpointTable extends RunPartTable {
  readonly weights: string;
}

export interface AnswerTable {
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
  readonly models: CatalogTable;
  readonly datasets: CatalogTable;
  readonly snapshots: RunPartTable;
  readonly checkpoints: CheckpointTable;
  readonly answers: AnswerTable;
}
