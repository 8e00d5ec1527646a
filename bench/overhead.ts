/**
 * `npm run bench:overhead`: what the service costs beside the bare engine (steps a second, start,
 * latency of reads, lag of followers), and how costs grow with N, O, width and depth. Writes
 * bench/reports/overhead.json and docs/performance.md unless `--dry`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { type Growth, measureGrowth } from "./peers/growth.ts";
import { replaceBetween } from "./peers/report.ts";
import { measureService, type ServiceFigures } from "./peers/service.ts";

const { values: flags } = parseArgs({
  options: { rounds: { type: "string" }, dry: { type: "boolean" } },
});
const threads = cpus().length;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const ms = (value: number): string => `${value.toPrecision(3)} ms`;

function serviceTable(figures: ServiceFigures): string {
  const { read, followed, ratio, startMs, firstStepMs, bytes } = figures;
  const three = (value: number): string => value.toFixed(3);
  const megabytes = (value: number | null): string =>
    value === null ? "–" : `${Math.round(value / 1e6)} MB`;
  const rows = [
    ["steps a second, bare engine", figures.bareStepsPerSecond.toFixed(1)],
    ["steps a second, service", figures.serviceStepsPerSecond.toFixed(1)],
    [
      "service over bare engine, median and range of the rounds",
      `${three(ratio.median)} (${three(ratio.least)} … ${three(ratio.most)})`,
    ],
    [
      "start of the service to its first answer: in an empty folder, again",
      `${ms(startMs.first)}, ${ms(startMs.again)}`,
    ],
    [
      "request for a run to its first metrics: new trainer, kept trainer",
      `${ms(firstStepMs.cold)}, ${ms(firstStepMs.warm)}`,
    ],
    [
      "resident memory while training: server, trainer",
      `${megabytes(bytes.server)}, ${megabytes(bytes.trainer)}`,
    ],
    ["reading a run while it trains, median and 99 %", `${ms(read.p50Ms)}, ${ms(read.p99Ms)}`],
    [
      `an event's way to ${followed.followers} followers, median and 99 %`,
      `${ms(followed.p50Ms)}, ${ms(followed.p99Ms)}`,
    ],
  ];
  return [
    "| what | figure |",
    "| --- | --- |",
    ...rows.map((row) => `| ${row.join(" | ")} |`),
  ].join("\n");
}

function growthTable(rows: readonly Growth[]): string {
  const [usual] = rows;
  const lines = rows.map(({ what, parameters, stepMs, kernelMs }) => {
    const times = (value: number, base = 1): string => (value / base).toFixed(2);
    const step = `${ms(stepMs)} (× ${times(stepMs, usual?.stepMs)})`;
    const kernel = `${ms(kernelMs)} (× ${times(kernelMs, usual?.kernelMs)})`;
    return `| ${[what, parameters, step, kernel].join(" | ")} |`;
  });
  const head = ["| change | P | linearised step | full NTK |", "| --- | --- | --- | --- |"];
  return [...head, ...lines].join("\n");
}

const service = await measureService(Number(flags.rounds ?? 5), threads);
const backend = await onnxruntimeBackend({ device: "cpu", threads });
const growth = await measureGrowth(backend);
const [first, second] = [serviceTable(service), growthTable(growth)];
say(first);
say(second);
if (flags.dry !== true) {
  const file = fileURLToPath(new URL("./reports/overhead.json", import.meta.url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ threads, service, growth }, undefined, 2)}\n`);
  const document = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
  replaceBetween(document, "overhead", `\n${first}\n\n${second}\n`);
}
await backend[Symbol.asyncDispose]();
