/** What `linnet demo` trains: the wedge problem as an npz file, a small network, four periods. */
import { generate } from "#catalog/datasets.ts";
import { writeNpz } from "#formats/npz.ts";
import type { Definition } from "#schemas/model.ts";
import type { RunRequest } from "#schemas/run.ts";

export const periods = [1, 64, 500, "never"] as const;
export type DemoPeriod = (typeof periods)[number];

export interface DemoSize {
  readonly steps: number;
  /** Steps between kernel snapshots. */
  readonly snapshotsEvery: number;
}
export const usualSize: DemoSize = { steps: 4000, snapshotsEvery: 400 };
export const quickSize: DemoSize = { steps: 1000, snapshotsEvery: 250 };

/** 1000 training and 2000 test examples of 4 classes, as `numpy.savez` would write them. */
export function wedgeFile(): Blob {
  const data = generate({ type: "wedge", train: 1000, test: 2000, dimension: 20, seed: 0 });
  const { xTrain, yTrain, xTest, yTest } = data;
  const arrays = { x_train: xTrain, y_train: yTrain, x_test: xTest, y_test: yTest };
  return new Blob([Uint8Array.from(writeNpz(new Map(Object.entries(arrays))))]);
}

/** 20-64-4, ReLU, He initialisation: 1604 parameters. */
export const wedgeModel: Definition = {
  input: { shape: [20] },
  init: "he_normal",
  layers: [
    { type: "dense", units: 64, activation: "relu" },
    { type: "dense", units: 4 },
  ],
};

/** The same run for every period: equal seeds give equal weights and equal batches. */
export function wedgeRun(
  period: DemoPeriod,
  size: DemoSize,
  stored: { readonly model: string; readonly dataset: string },
): RunRequest {
  return {
    ...stored,
    name: `wedge K=${period}`,
    loss: "softmax_cross_entropy",
    algorithm: { type: "linearised", period },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 64,
    steps: size.steps,
    seed: 0,
    evaluate: { every: size.snapshotsEvery },
    snapshots: { every: size.snapshotsEvery, examples: 128, kernel: "trace", eigenvalues: 5 },
  };
}
