/** Records as test data for the storage contracts: plain, valid, and different from each other. */
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { Run } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import { newId } from "#src/ids.ts";
import type { NewEvent, RunRecord } from "#storage/store.ts";

export const time = "2026-01-02T03:04:05.000Z";

export function digestOf(character: string): string {
  return `sha256:${character.repeat(64)}`;
}

export function runRecord(
  run: Partial<Run> = {},
  rest: Partial<Omit<RunRecord, "run">> = {},
): RunRecord {
  return {
    run: {
      id: newId("run"),
      name: "études 🎹",
      metadata: { team: "α" },
      priority: "normal",
      model: "mdl_00000000000000000001",
      dataset: "dst_00000000000000000001",
      loss: "softmax_cross_entropy",
      algorithm: { type: "standard" },
      optimizer: { type: "sgd", learning_rate: 0.1 },
      batch_size: 64,
      steps: 100,
      seed: 4_294_967_295,
      dtype: "float32",
      engine: "auto",
      device: "auto",
      evaluate: { every: 10 },
      snapshots: null,
      checkpoints: {},
      stop: {},
      status: "queued",
      wanted: "run",
      attempt: 0,
      progress: { step: 0, steps: 100, percent: 0, eta_seconds: null },
      plan: null,
      result: null,
      error: null,
      forked_from: null,
      epoch: "epoch-1",
      last_seq: 0,
      version: 1,
      created_at: time,
      started_at: null,
      finished_at: null,
      ...run,
    },
    steering: [{ request: 1, changes: { learning_rate: 1e-300 }, step: null }],
    metricsThrough: 0,
    secondsUsed: 0.1 + 0.2,
    failuresInRow: 0,
    notBeforeMs: 0,
    needsBytes: 0,
    ...rest,
  };
}

/** The record after a change, as the life cycle would write it. */
export function nextVersion(record: RunRecord, run: Partial<Run> = {}): RunRecord {
  return { ...record, run: { ...record.run, ...run, version: record.run.version + 1 } };
}

export function modelRecord(changes: Partial<Model> = {}): Model {
  return {
    id: newId("mdl"),
    name: null,
    metadata: {},
    source: "definition",
    inputs: [{ name: "input", shape: [2], dtype: "real" }],
    outputs: [{ name: "output", shape: [2], dtype: "real" }],
    parameters: 6,
    layers: [{ name: "dense", type: "dense", output_shape: [2], parameters: 6 }],
    operations: { matmul: 1 },
    warnings: [],
    definition: { input: { shape: [2] }, layers: [{ type: "dense", units: 2 }] },
    digest: digestOf("a"),
    created_at: time,
    ...changes,
  };
}

export function datasetRecord(changes: Partial<Dataset> = {}): Dataset {
  const split = {
    examples: 1,
    x: { shape: [1, 2], dtype: "float32" as const },
    y: { shape: [1], dtype: "int32" as const },
  };
  return {
    id: newId("dst"),
    name: null,
    metadata: {},
    source: "npz",
    generator: null,
    task: "classification",
    classes: 2,
    class_names: ["no", "yes"],
    input_shape: [2],
    splits: { train: split, test: split },
    bytes: 24,
    digest: digestOf("b"),
    created_at: time,
    ...changes,
  };
}

export function snapshotRecord(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    id: newId("snp"),
    step: 10,
    kernel: "trace",
    examples: 2,
    outputs: 2,
    split: "test",
    trace: 3,
    eigenvalues: [2, 1],
    effective_rank: 1.9,
    participation_ratio: 1.8,
    condition_number: "Infinity",
    lambda_min: 1,
    rank: 2,
    alignment: "NaN",
    centred_alignment: null,
    distance_to_first: 0,
    distance_to_previous: 0,
    relative_change: 0,
    layer_share: { dense: 1 },
    lambda_max: 1,
    stable_learning_rate: null,
    seconds: 0.5,
    shape: [2, 2],
    digest: digestOf("c"),
    created_at: time,
    ...changes,
  };
}

export function checkpointRecord(changes: Partial<Checkpoint> = {}): Checkpoint {
  return {
    id: newId("chk"),
    run: "run_00000000000000000000",
    step: 10,
    digest: digestOf("d"),
    weights: digestOf("e"),
    bytes: 100,
    final: false,
    created_at: time,
    ...changes,
  };
}

/** A log event at a step. */
export function logEvent(step: number, key: string | null = null): NewEvent {
  return { type: "log", key, data: { step, level: "info", message: `at ${step}` } };
}

/** A metrics event of the steps `from` … `to`. */
export function metricsEvent(from: number, to: number): NewEvent {
  const loss = Array.from({ length: to - from + 1 }, (_, i) => 1 / (from + i));
  return {
    type: "metrics",
    key: null,
    data: { from, to, columns: { loss: [...loss.slice(1), "NaN"] } },
  };
}

export function statusEvent(key: string | null = null): NewEvent {
  return { type: "status", key, data: { status: "running", attempt: 1 } };
}
