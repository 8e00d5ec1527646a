/**
 * Many short runs queued at once: 200 runs of the wedge task (4000 steps of 64 examples, K ≤ 64),
 * and how many end a second. `--json` for one JSON object, `--runs=`, `--trainers=`, `--threads=`.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Api } from "#cli/api.ts";
import { wedgeModel } from "#cli/demo/wedge.ts";
import { isTerminal } from "#runs/change.ts";
import { openService } from "#test/journeys/service.ts";

const { values: flags } = parseArgs({
  options: {
    json: { type: "boolean" },
    runs: { type: "string" },
    trainers: { type: "string" },
    threads: { type: "string" },
  },
});
const runs = Number(flags.runs ?? 200);
const trainersMax = Number(flags.trainers ?? availableParallelism());
const threadsPerTrainer = Number(flags.threads ?? 1);
const periods = [1, 4, 16, 64] as const;
const wantedPerSecond = 1;
const pageLimit = 200;
const lookEveryMs = 250;

async function submit(api: Api): Promise<readonly string[]> {
  const model = await api.createModel({ definition: wedgeModel });
  const generator = { type: "wedge", train: 1000, test: 2000, dimension: 20, seed: 0 } as const;
  const dataset = await api.createDataset({ generator });
  const created = Array.from({ length: runs }, (_, i) =>
    api.createRun({
      model: model.id,
      dataset: dataset.id,
      algorithm: { type: "linearised", period: periods[i % periods.length] ?? 1 },
      optimizer: { type: "sgd", learning_rate: 0.1 },
      batch_size: 64,
      steps: 4000,
      seed: Math.floor(i / periods.length),
      evaluate: { every: 4000 },
    }),
  );
  return (await Promise.all(created)).map(({ id }) => id);
}

/** All runs, once each has ended. */
async function ended(api: Api) {
  for (;;) {
    const all = [];
    for (let after: string | null | undefined; after !== null; ) {
      const page = await api.runs({ limit: pageLimit, ...(after === undefined ? {} : { after }) });
      all.push(...page.data);
      after = page.next_cursor;
    }
    if (all.every(({ status }) => isTerminal(status))) return all;
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
}

const medianOf = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure() {
  await using served = await openService({ trainersMax, threadsPerTrainer });
  const beganMs = performance.now();
  const ids = await submit(served.api);
  const queuedMs = performance.now() - beganMs;
  const all = await ended(served.api);
  const seconds = (performance.now() - beganMs) / 1000;
  const succeeded = all.filter(({ status }) => status === "succeeded").length;
  const trainedSeconds = medianOf(
    all.map((run) => (Date.parse(run.finished_at ?? "") - Date.parse(run.started_at ?? "")) / 1000),
  );
  return {
    bench: "throughput",
    runs: ids.length,
    succeeded,
    trainers: trainersMax,
    threads: threadsPerTrainer,
    queued_seconds: queuedMs / 1000,
    seconds,
    runs_per_second: ids.length / seconds,
    median_started_to_finished_seconds: trainedSeconds,
    holds: succeeded === ids.length && ids.length / seconds >= wantedPerSecond,
  };
}

const figures = await measure();
if (flags.json === true) process.stdout.write(`${JSON.stringify(figures)}\n`);
else {
  const { runs_per_second: rate, seconds } = figures;
  process.stdout.write(
    `${figures.succeeded} of ${figures.runs} runs in ${seconds.toFixed(1)} s, ` +
      `${rate.toFixed(2)} a second (${wantedPerSecond} wanted): ${figures.holds ? "holds" : "OFF"}\n`,
  );
}
process.exitCode = figures.holds ? 0 : 1;
