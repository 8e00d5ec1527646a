/** Models, data and runs that journeys through the page begin with. */
import type { Api } from "#cli/api.ts";
import type { RunRequest } from "#schemas/run.ts";

export interface Material {
  readonly model: string;
  readonly dataset: string;
}

export async function makeMaterial(api: Api): Promise<Material> {
  const model = await api.createModel({
    name: "small network",
    definition: {
      input: { shape: [20] },
      init: "he_normal",
      layers: [
        { type: "dense", units: 32, activation: "relu" },
        { type: "dense", units: 4 },
      ],
    },
  });
  const generator = { type: "wedge", train: 400, test: 400, seed: 0 } as const;
  const dataset = await api.createDataset({ name: "small wedge", generator });
  return { model: model.id, dataset: dataset.id };
}

/** A linearised run with kernels, short unless it is told otherwise. */
export function runOf(material: Material, changes: Partial<RunRequest> = {}): RunRequest {
  return {
    ...material,
    algorithm: { type: "linearised", period: 50 },
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 32,
    steps: 400,
    evaluate: { every: 50 },
    snapshots: { every: 50, examples: 24, kernel: "trace", eigenvalues: 8 },
    checkpoints: { every: 100 },
    ...changes,
  };
}
