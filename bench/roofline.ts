/**
 * `npm run bench:roofline`: the rate of plain products by the same runtime, and the share of it that
 * a training step of the perceptron reaches. Writes bench/reports/roofline.json and
 * docs/performance.md unless `--dry`; `--profile` lists the step's operators instead.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onnxruntimeBackend, type SessionSettings } from "#engine/backends/onnxruntime.ts";
import { operatorTimes } from "./operator-times.ts";
import { median } from "./peers/compare.ts";
import { replaceBetween } from "./peers/report.ts";
import { type Rated, ratedProduct, ratedStep, squares, stepBatches } from "./peers/roofline.ts";

const { values: flags } = parseArgs({
  options: {
    rounds: { type: "string" },
    threads: { type: "string" },
    profile: { type: "boolean" },
    dry: { type: "boolean" },
  },
});
const rounds = Number(flags.rounds ?? 9);
const threads = Number(flags.threads ?? cpus().length);
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function profiled(batch: number): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "linnet-profile-"));
  await using backend = await onnxruntimeBackend(settings(join(folder, "session")));
  const step = await ratedStep(backend, { batch, norm: true });
  for (let round = 0; round < rounds; round += 1) await step.seconds();
  await step.close();
  say(step.name);
  for (const line of operatorTimes(folder)) say(line);
  rmSync(folder, { recursive: true });
}

const settings = (profile?: string): SessionSettings => ({
  ...{ device: "cpu", threads },
  ...(profile === undefined ? {} : { profile }),
});

interface Row {
  readonly name: string;
  readonly flops: number;
  /** Of each round, for one product or step. */
  readonly seconds: readonly number[];
}

/** Everything in turns, so that what else happens on the machine meets all alike. */
async function measure(): Promise<readonly Row[]> {
  await using backend = await onnxruntimeBackend(settings());
  const rated: Rated[] = [];
  for (const size of squares) rated.push(await ratedProduct(backend, size));
  for (const batch of stepBatches) {
    for (const norm of [false, true]) rated.push(await ratedStep(backend, { batch, norm }));
  }
  const seconds = rated.map((): number[] => []);
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, { seconds: once }] of rated.entries()) {
      const took = await once();
      if (round > 0) seconds[at]?.push(took);
    }
  }
  for (const { close } of rated) await close();
  return rated.map(({ name, flops }, at) => ({ name, flops, seconds: seconds[at] ?? [] }));
}

const gigaflops = ({ flops, seconds }: Row): number => flops / median(seconds) / 1e9;

function tableOf(rows: readonly Row[]): string {
  const best = Math.max(...rows.slice(0, squares.length).map(gigaflops));
  const lines = rows.map((row) => {
    const [least, most] = [Math.min(...row.seconds), Math.max(...row.seconds)];
    const ms = (value: number): string => (value * 1000).toPrecision(3);
    const time = `${ms(median(row.seconds))} ms (${ms(least)} … ${ms(most)})`;
    const rate = gigaflops(row);
    const share = `${((100 * rate) / best).toFixed(0)} %`;
    return `| ${[row.name, (row.flops / 1e9).toFixed(3), time, rate.toFixed(0), share].join(" | ")} |`;
  });
  const head = ["| what | GFLOP | time | GFLOP/s | share |", "| --- | --- | --- | --- | --- |"];
  return [...head, ...lines].join("\n");
}

if (flags.profile === true) {
  for (const batch of stepBatches) await profiled(batch);
} else {
  const rows = await measure();
  const table = tableOf(rows);
  say(table);
  if (flags.dry !== true) {
    const file = fileURLToPath(new URL("./reports/roofline.json", import.meta.url));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify({ threads, rows }, undefined, 2)}\n`);
    const document = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
    replaceBetween(document, "roofline", `\n${table}\n`);
  }
}
