/**
 * The wedge grid: what is trained, and the test accuracies of f_lin that an independent program in
 * NumPy reached (means of three seeds, learning rate 0.1, 4000 steps of 64 examples).
 */
import type { Api } from "#cli/api.ts";
import { wedgeModel } from "#cli/demo/wedge.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import { whole } from "./service.ts";

/** Period → test accuracy of f_lin. */
export const expected = new Map<number | "never", number>([
  [1, 0.86],
  [4, 0.861],
  [16, 0.858],
  [64, 0.853],
  [256, 0.839],
  [512, 0.824],
  [1024, 0.785],
  [2048, 0.612],
  ["never", 0.444],
]);

export interface WedgeCell {
  readonly period: number | "never";
  /** Of the data, and of weights and batches. */
  readonly seed: number;
}

export interface WedgeScore extends WedgeCell {
  readonly linearised: number;
  readonly network: number;
  readonly seconds: number;
}

const accuracyOf = (figure: Figure | null | undefined): number =>
  figure === null || figure === undefined ? Number.NaN : fromFigure(figure);

/** Trains every cell through the public API, as many at a time as the service trains. */
export async function trainWedges(
  api: Api,
  cells: readonly WedgeCell[],
): Promise<readonly WedgeScore[]> {
  const model = await api.createModel({ definition: wedgeModel });
  const datasets = new Map<number, string>();
  for (const seed of new Set(cells.map((cell) => cell.seed))) {
    const generator = { type: "wedge", train: 1000, test: 2000, dimension: 20, seed } as const;
    datasets.set(seed, (await api.createDataset({ generator })).id);
  }
  return Promise.all(
    cells.map(async ({ period, seed }) => {
      const created = await api.createRun({
        model: model.id,
        dataset: datasets.get(seed) ?? "",
        loss: "softmax_cross_entropy",
        algorithm: { type: "linearised", period },
        optimizer: { type: "sgd", learning_rate: 0.1 },
        batch_size: 64,
        steps: 4000,
        seed,
        evaluate: { every: 4000 },
      });
      const { run } = await whole(api, created.id);
      const ms = Date.parse(run.finished_at ?? "") - Date.parse(run.started_at ?? "");
      return {
        period,
        seed,
        linearised: accuracyOf(run.result?.linearised.test.accuracy),
        network: accuracyOf(run.result?.network.test.accuracy),
        seconds: ms / 1000,
      };
    }),
  );
}
