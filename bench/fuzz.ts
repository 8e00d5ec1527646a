/**
 * `npm run fuzz -- npy | npz | csv | safetensors | idx | definition | onnx | all --count N`:
 * hostile inputs to a parser; each must be read or refused, in time, by a process that lives on.
 * `--json` prints one JSON object as the last line; exit code 1 when something else happened;
 * `--keep` appends the figures to bench/reports.
 */
import { fork } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { keep } from "./campaign/ledger.ts";
import { processorSecondsOf } from "./campaign/processes.ts";
import { isBroken, none, type Report, tableOf, worst } from "./campaign/report.ts";
import { targets } from "./fuzz/targets.ts";
import type { FuzzProgress, FuzzTask } from "./fuzz/worker.ts";

const worker = join(import.meta.dirname, "fuzz/worker.ts");
/** A block of inputs takes far less of a processor, and of time even on a busy machine. */
const workSecondsMax = 60;
const silentMsMax = 10 * 60_000;
const lookMs = 5000;
const findingsMax = 100;

interface Outcome {
  readonly progress: Omit<FuzzProgress, "findings">;
  readonly findings: readonly string[];
  readonly crashes: number;
  readonly hangs: number;
  readonly seconds: number;
}

/** Fuzzes one target; a crash or a hang ends it there, and is a finding. */
async function fuzz(task: FuzzTask): Promise<Outcome> {
  const child = fork(worker, { execArgv: ["--max-old-space-size=1024"] });
  const beganMs = performance.now();
  const findings: string[] = [];
  let progress: Omit<FuzzProgress, "findings"> = { done: 0, read: 0, refused: 0, slowestMs: 0 };
  let hangs = 0;
  let heard = { ms: beganMs, workSeconds: 0 };
  const workSeconds = () => processorSecondsOf(child.pid ?? 0).catch(() => heard.workSeconds);
  const look = async (): Promise<void> => {
    const work = (await workSeconds()) - heard.workSeconds;
    if (work < workSecondsMax && performance.now() - heard.ms < silentMsMax) return;
    hangs = 1;
    findings.push(`${task.target}: ${work} s of work without a word after ${progress.done}`);
    clearInterval(watch);
    child.kill("SIGKILL");
  };
  const watch = setInterval(() => void look(), lookMs);
  child.on("message", ({ findings: found, ...rest }: FuzzProgress) => {
    void workSeconds().then((seconds) => {
      heard = { ms: performance.now(), workSeconds: seconds };
    });
    progress = rest;
    findings.push(...found.slice(0, findingsMax - findings.length));
  });
  child.send(task);
  const code = await new Promise<number | null>((resolve) => child.once("exit", resolve));
  clearInterval(watch);
  const crashes = code === 0 || hangs > 0 ? 0 : 1;
  if (crashes > 0) findings.push(`${task.target}: exit ${code} after ${progress.done} inputs`);
  return { progress, findings, crashes, hangs, seconds: (performance.now() - beganMs) / 1000 };
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "1000000" },
    seed: { type: "string", default: "1" },
    json: { type: "boolean", default: false },
    keep: { type: "boolean", default: false },
  },
});
const [what = "all"] = positionals;
const names = what === "all" ? Object.keys(targets) : [what];
if (names.some((name) => targets[name] === undefined)) {
  process.stderr.write(`fuzz what? one of ${Object.keys(targets).join(", ")}, all\n`);
  process.exit(2);
}

const count = Number(flags.count);
const reports: Report[] = [];
for (const target of names) {
  const task = { target, seed: Number(flags.seed), from: 0, count };
  const { progress, findings, crashes, hangs, seconds } = await fuzz(task);
  const { done, read, refused, slowestMs } = progress;
  reports.push({
    campaign: `fuzz ${target}`,
    figures: [
      { name: "inputs", value: done, bound: `= ${count}`, holds: done === count },
      { name: "… read", value: read },
      { name: "… refused", value: refused },
      none("… neither", done - read - refused),
      none("crashes", crashes),
      none("hangs", hangs),
      none("findings", findings.length),
      worst("slowest, ms", slowestMs),
    ],
    findings,
  });
  const report = reports.at(-1);
  const command = `fuzz ${target} --count ${count} --seed ${flags.seed}`;
  if (flags.keep && report !== undefined) keep(report, { command, seconds });
  if (!flags.json && report !== undefined) console.log(tableOf(report));
}
if (flags.json) console.log(JSON.stringify({ reports }));
process.exit(reports.some(isBroken) ? 1 : 0);
