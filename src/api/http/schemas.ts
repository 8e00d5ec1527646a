/** The contract's named schemas as the edge uses them: registered once, referred to by name. */
import Type, { type Static, type TSchema } from "typebox";
import type { Resolve } from "#api/explain.ts";
import { plainSchema } from "#api/explain-leaf.ts";
import { ApiKey, ApiKeyRequest, NewApiKey, RotateRequest, StreamTicket } from "#schemas/api-key.ts";
import { Checkpoint } from "#schemas/checkpoint.ts";
import { Comparison } from "#schemas/comparison.ts";
import { Dataset, DatasetRequest, DatasetUpload } from "#schemas/dataset.ts";
import { Devices } from "#schemas/device.ts";
import { RunEvent } from "#schemas/event.ts";
import { EventPage } from "#schemas/event-page.ts";
import { Health } from "#schemas/health.ts";
import { LayersModel } from "#schemas/keras.ts";
import { Limits } from "#schemas/limits.ts";
import { Metrics } from "#schemas/metrics.ts";
import { Model, ModelRequest, ModelUpload } from "#schemas/model.ts";
import { Ntk, NtkRequest } from "#schemas/ntk.ts";
import { PlanAnswer } from "#schemas/plan.ts";
import { Prediction, PredictRequest } from "#schemas/predict.ts";
import { Problem } from "#schemas/problem.ts";
import { ForkRequest, Run, RunRequest, Steering } from "#schemas/run.ts";
import { Snapshot } from "#schemas/snapshot.ts";
import { Sweep, SweepRequest, SweepResults } from "#schemas/sweep.ts";
import { pageOf } from "#schemas/values.ts";
import { Workers } from "#schemas/worker.ts";

type Named = TSchema & { readonly $id?: string };

/** A reference to a registered schema that keeps its type. */
export function ref<T extends Named>(schema: T) {
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` });
}

const page = <T extends Named>(schema: T) => ({ ...pageOf(ref(schema)), $id: `${schema.$id}Page` });

export const RunPage = page(Run);
export const ModelPage = page(Model);
export const DatasetPage = page(Dataset);
export const SnapshotPage = page(Snapshot);
export const CheckpointPage = page(Checkpoint);
export const SweepPage = page(Sweep);
export const NtkPage = page(Ntk);
export const ApiKeyPage = page(ApiKey);

/** Every schema that the OpenAPI document names. */
export const named: readonly Named[] = [
  Problem,
  Model,
  ModelRequest,
  LayersModel,
  ModelPage,
  Dataset,
  DatasetRequest,
  DatasetUpload,
  ModelUpload,
  DatasetPage,
  Run,
  RunRequest,
  Steering,
  ForkRequest,
  RunPage,
  RunEvent,
  EventPage,
  Metrics,
  Comparison,
  Snapshot,
  SnapshotPage,
  Checkpoint,
  CheckpointPage,
  PredictRequest,
  Prediction,
  PlanAnswer,
  Sweep,
  SweepRequest,
  SweepResults,
  SweepPage,
  Ntk,
  NtkRequest,
  NtkPage,
  ApiKey,
  ApiKeyRequest,
  RotateRequest,
  NewApiKey,
  ApiKeyPage,
  StreamTicket,
  Devices,
  Workers,
  Limits,
  Health,
];

const byName = new Map(named.map((schema) => [`${schema.$id}#`, plainSchema(schema)]));

/** The registered schema that a `$ref` names. */
export const resolveNamed: Resolve = (reference) => byName.get(reference);

/** Bytes as a body. Without a type, because a body that streams in is no JSON value to check. */
export const Bytes = Type.Unsafe<unknown>({ contentMediaType: "application/octet-stream" });
