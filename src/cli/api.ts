/** What commands ask of a service, in the contract's own nouns. How it is asked is in remote.ts. */
import type { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import type { Devices } from "#schemas/device.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model, ModelRequest } from "#schemas/model.ts";
import type { Run, RunRequest, RunStatus, Steering } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";

export interface Page<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

export interface PageRequest {
  readonly limit?: number;
  readonly after?: string;
}

interface Upload {
  readonly name: string;
  readonly format: "npz" | "safetensors" | "csv";
  /** csv: column of the label. */
  readonly label?: string;
  readonly content: Blob;
}

export interface EventsRequest {
  /** Seq of the last event already seen; 0 for all. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

/** Every call throws CommandError: `unreachable`, `usage` for a refusal, `failed` for a fault. */
export interface Api {
  createModel(body: ModelRequest): Promise<Model>;
  createDataset(body: DatasetRequest): Promise<Dataset>;
  uploadDataset(upload: Upload): Promise<Dataset>;
  createRun(body: RunRequest): Promise<Run>;
  run(id: string): Promise<Run>;
  runs(page: PageRequest & { readonly status?: RunStatus }): Promise<Page<Run>>;
  models(page: PageRequest): Promise<Page<Model>>;
  datasets(page: PageRequest): Promise<Page<Dataset>>;
  devices(): Promise<Devices>;
  snapshots(run: string, page: PageRequest): Promise<Page<Snapshot>>;
  act(run: string, action: "cancel" | "pause" | "resume"): Promise<Run>;
  steer(run: string, changes: Steering): Promise<Run>;
  /** The events on the log now, oldest first. */
  history(run: string, request: EventsRequest): AsyncIterable<RunEvent>;
  /** History, then live, until the run has ended or `signal` aborts. */
  follow(run: string, request: EventsRequest): AsyncIterable<RunEvent>;
}
