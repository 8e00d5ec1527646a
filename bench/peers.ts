/**
 * `npm run bench:peers`: the same work in Linnet, JAX, neural-tangents, PyTorch and curvlinops, on
 * one machine, alternating. Makes its own Python environments unless `--python=PATH` (repeatable)
 * names some. `--model=`, `--task=`, `--peer=` (repeatable) choose, `--quick` takes two rounds,
 * `--minutes=` begins no workload later than that; the next call goes on with the oldest figures.
 * Figures join those of earlier calls in bench/reports/peers.json and docs/performance.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Comparison, compare } from "./peers/compare.ts";
import { findPeers, peerNames } from "./peers/environment.ts";
import { modelNames } from "./peers/models.ts";
import { linesOf, ratioOf, refusalsOf, replaceBetween, tableOf } from "./peers/report.ts";
import { taskNames, titleOf, type Workload, workloadsOf } from "./peers/workloads.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", multiple: true },
    model: { type: "string", multiple: true },
    task: { type: "string", multiple: true },
    peer: { type: "string", multiple: true },
    rounds: { type: "string" },
    quick: { type: "boolean" },
    minutes: { type: "string" },
    threads: { type: "string" },
    /** Leave the report and the document as they are. */
    dry: { type: "boolean" },
  },
});

const file = fileURLToPath(new URL("./reports/peers.json", import.meta.url));
const document = fileURLToPath(new URL("../docs/performance.md", import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

/** The names among `all` that were asked for; all of them unless any was. */
function chosen<Name extends string>(
  all: readonly Name[],
  asked: readonly string[] | undefined,
): readonly Name[] {
  const unknown = asked?.find((name) => !all.some((known) => known === name));
  if (unknown !== undefined) throw new RangeError(`${unknown} is none of ${all.join(", ")}`);
  return asked === undefined ? all : all.filter((name) => asked.includes(name));
}

interface Entry extends Comparison {
  readonly ratio: number | null;
  /** When it was measured. */
  readonly time: string;
}

interface Report {
  readonly machine: string;
  readonly comparisons: readonly Entry[];
}

/** Earlier figures, unless they are another machine's. */
function known(): readonly Entry[] {
  if (!existsSync(file)) return [];
  const report = JSON.parse(readFileSync(file, "utf8")) as Report;
  return report.machine === machine ? report.comparisons : [];
}

const rounds = Number(flags.rounds ?? (flags.quick ? 2 : 5));
const threads = Number(flags.threads ?? cpus().length);
const machine = `${cpus().length} × ${cpus()[0]?.model ?? "?"}, ${threads} threads, float32`;
say(`${machine}; medians of ${rounds} rounds`);
const { pythons, missing } = await findPeers(
  chosen(peerNames, flags.peer),
  flags.python ?? [],
  say,
);
for (const [name, why] of missing) say(`${name} is left out: ${why}`);

/** Writes what is known so far, so that a call that is cut short keeps its figures. */
function save(found: ReadonlyMap<string, Entry>): void {
  const order = workloadsOf(modelNames, taskNames).map(titleOf);
  const all = [...found.values()]
    .filter(({ workload }) => order.includes(titleOf(workload)))
    .sort((a, b) => order.indexOf(titleOf(a.workload)) - order.indexOf(titleOf(b.workload)));
  const report: Report = { machine, comparisons: all };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  const refusals = refusalsOf(all);
  const without = refusals === "" ? "" : `\n\nWithout a figure:\n\n${refusals}`;
  replaceBetween(document, "peers", `\n${machine}.\n\n${tableOf(all)}${without}\n`);
}

const found = new Map(known().map((entry) => [titleOf(entry.workload), entry]));
const ageOf = (workload: Workload): string => found.get(titleOf(workload))?.time ?? "";
const untilMs = performance.now() + Number(flags.minutes ?? Number.POSITIVE_INFINITY) * 60_000;
const wanted = workloadsOf(chosen(modelNames, flags.model), chosen(taskNames, flags.task));
for (const workload of wanted.toSorted((a, b) => ageOf(a).localeCompare(ageOf(b)))) {
  if (performance.now() > untilMs) break;
  const comparison = await compare(workload, { pythons, rounds, threads });
  const time = new Date().toISOString();
  found.set(titleOf(workload), { ...comparison, ratio: ratioOf(comparison), time });
  for (const line of linesOf(comparison)) say(line);
  if (flags.dry !== true) save(found);
}
