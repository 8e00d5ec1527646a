/** What commands ask of a service, in the contract's own nouns. How it is asked is in remote.ts. */

import type { SweepNews } from "#client/follow-sweep.ts";
import type { ApiKey, ApiKeyRequest, NewApiKey } from "#schemas/api-key.ts";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Comparison } from "#schemas/comparison.ts";
import type { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import type { Devices } from "#schemas/device.ts";
import type { EventKind, RunEvent } from "#schemas/event.ts";
import type { Model, ModelRequest } from "#schemas/model.ts";
import type { Ntk, NtkRequest } from "#schemas/ntk.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import type { Prediction, PredictRequest } from "#schemas/predict.ts";
import type { Run, RunRequest, RunStatus, Steering } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { Sweep, SweepRequest, SweepResults } from "#schemas/sweep.ts";

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

/** How a file of a network is read: the query of `POST /v1/models`. */
export interface ModelQuery {
  readonly name?: string;
  readonly [option: string]: unknown;
}

/** A file as it comes, to be read once. */
export interface ModelFile {
  readonly content: ReadableStream<Uint8Array>;
  readonly format: "onnx" | "tar";
}

interface GraphQuery {
  readonly graph?: "original" | "clean";
}

export interface EventsRequest {
  /** Seq of the last event already seen; 0 for all. */
  readonly after?: number;
  readonly signal?: AbortSignal;
}

export type KernelType = "application/x-npy" | "application/vnd.safetensors" | "image/png";

/** Sweeps and one-off kernels. */
export interface SweepApi {
  createSweep(body: SweepRequest): Promise<Sweep>;
  sweeps(page: PageRequest): Promise<Page<Sweep>>;
  /** With its table of results as it is now. */
  sweep(id: string, query?: { readonly delta?: number }): Promise<SweepResults>;
  sweepCsv(id: string, query?: { readonly table?: "cells" | "groups" }): Promise<string>;
  actOnSweep(id: string, action: "cancel" | "pause" | "resume"): Promise<Sweep>;
  /** How it is whenever that changes, and its runs' events, until it ends or `signal` aborts. */
  followSweep(
    id: string,
    request: { readonly signal?: AbortSignal; readonly kinds?: readonly EventKind[] },
  ): AsyncIterable<SweepNews>;
  /** Distances are to the first of `runs`. */
  compare(query: {
    readonly runs: readonly string[];
    readonly distances?: boolean;
  }): Promise<Comparison>;
  createNtk(body: NtkRequest): Promise<Ntk>;
  ntk(id: string): Promise<Ntk>;
  ntkKernel(id: string, type: KernelType): Promise<ReadableStream<Uint8Array>>;
}

/** Every call throws CommandError: `unreachable`, `usage` for a refusal, `failed` for a fault. */
export interface Api extends SweepApi {
  createModel(body: ModelRequest): Promise<Model>;
  uploadModel(content: Blob, query: ModelQuery): Promise<Model>;
  /** A layers model and its files of weights. */
  sendModelForm(form: FormData, query: ModelQuery): Promise<Model>;
  modelFile(id: string, query: GraphQuery): Promise<ModelFile>;
  checkpointFile(
    run: string,
    checkpoint: string,
    query: GraphQuery & { readonly function?: "network" | "linearised" },
  ): Promise<ModelFile>;
  createDataset(body: DatasetRequest): Promise<Dataset>;
  uploadDataset(upload: Upload): Promise<Dataset>;
  createRun(body: RunRequest): Promise<Run>;
  planRun(body: RunRequest): Promise<PlanAnswer>;
  run(id: string): Promise<Run>;
  predict(run: string, body: PredictRequest): Promise<Prediction>;
  runs(page: PageRequest & { readonly status?: RunStatus }): Promise<Page<Run>>;
  models(page: PageRequest): Promise<Page<Model>>;
  datasets(page: PageRequest): Promise<Page<Dataset>>;
  /** Of the last minutes, or tried again. */
  devices(refresh: boolean): Promise<Devices>;
  checkpoints(run: string, page: PageRequest): Promise<Page<Checkpoint>>;
  snapshots(run: string, page: PageRequest): Promise<Page<Snapshot>>;
  act(run: string, action: "cancel" | "pause" | "resume"): Promise<Run>;
  steer(run: string, changes: Steering): Promise<Run>;
  createKey(body: ApiKeyRequest): Promise<NewApiKey>;
  keys(page: PageRequest): Promise<Page<ApiKey>>;
  rotateKey(id: string, body: { readonly overlap_seconds: number }): Promise<NewApiKey>;
  deleteKey(id: string): Promise<void>;
  /** The events on the log now, oldest first. */
  history(
    run: string,
    request: EventsRequest & { readonly kinds?: readonly EventKind[] },
  ): AsyncIterable<RunEvent>;
  /** History, then live, until the run has ended or `signal` aborts. */
  follow(run: string, request: EventsRequest): AsyncIterable<RunEvent>;
}
