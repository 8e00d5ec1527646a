/** Runs, models and data sets as test data. */

import { draftRecord } from "#runs/draft.ts";
import { settingsFrom } from "#runs/settings.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { Model } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";
import { newId } from "#src/ids.ts";
import type { RunRecord } from "#storage/store.ts";

export const time = "2026-01-02T03:04:05.000Z";
const digest = `sha256:${"0".repeat(64)}`;

export const model: Model = {
  id: newId("mdl"),
  name: null,
  metadata: {},
  source: "definition",
  inputs: [{ name: "input", shape: [20], dtype: "real" }],
  outputs: [{ name: "output", shape: [4], dtype: "real" }],
  parameters: 21 * 16 + 17 * 4,
  layers: [
    { name: "dense", type: "dense", output_shape: [16], parameters: 21 * 16 },
    { name: "dense_1", type: "dense", output_shape: [4], parameters: 17 * 4 },
  ],
  operations: {},
  warnings: [],
  definition: {
    input: { shape: [20] },
    layers: [
      { type: "dense", units: 16, activation: "relu" },
      { type: "dense", units: 4 },
    ],
  },
  digest,
  created_at: time,
};

export const dataset: Dataset = {
  id: newId("dst"),
  name: null,
  metadata: {},
  source: "generator",
  generator: { type: "wedge" },
  task: "classification",
  classes: 4,
  class_names: null,
  input_shape: [20],
  splits: {
    train: {
      examples: 1000,
      x: { shape: [1000, 20], dtype: "float32" },
      y: { shape: [1000], dtype: "int32" },
    },
    test: {
      examples: 200,
      x: { shape: [200, 20], dtype: "float32" },
      y: { shape: [200], dtype: "int32" },
    },
  },
  bytes: 1200 * 84,
  digest,
  created_at: time,
};

export function request(changes: Partial<RunRequest> = {}): RunRequest {
  return {
    model: model.id,
    dataset: dataset.id,
    optimizer: { type: "sgd", learning_rate: 0.1 },
    steps: 100,
    ...changes,
  };
}

export function draft(changes: Partial<RunRequest> = {}): RunRecord {
  const asked = request(changes);
  const settings = settingsFrom(asked, "classification");
  return draftRecord({ id: newId("run"), request: asked, settings, needsBytes: 0, nowIso: time });
}
