/**
 * `npm run bench:peers`: the same work in Linnet, JAX, neural-tangents, PyTorch and curvlinops, on
 * one machine, alternating. Makes its own Python environments unless `--python=PATH` (repeatable)
 * names some. `--model=`, `--task=`, `--peer=` (repeatable) choose, `--quick` takes two rounds.
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
import { taskNames, titleOf, workloadsOf } from "./peers/workloads.ts";

const { values: flags } = parseArgs({
  options: {
    python: { type: "string", multiple: true },
    model: { type: "string", multiple: true },
    task: { type: "string", multiple: true },
    peer: { type: "string", multiple: true },
    rounds: { type: "string" },
    quick: { type: "boolean" },
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

interface Report {
  readonly machine: string;
  readonly comparisons: readonly (Comparison & { readonly ratio: number | null })[];
}

function known(): readonly Comparison[] {
  if (!existsSync(file)) return [];
  return (JSON.parse(readFileSync(file, "utf8")) as Report).comparisons;
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
function save(found: ReadonlyMap<string, Comparison>): void {
  const order = workloadsOf(modelNames, taskNames).map(titleOf);
  const all = [...found.values()]
    .filter(({ workload }) => order.includes(titleOf(workload)))
    .sort((a, b) => order.indexOf(titleOf(a.workload)) - order.indexOf(titleOf(b.workload)));
  const report: Report = {
    machine,
    comparisons: all.map((comparison) => ({ ...comparison, ratio: ratioOf(comparison) })),
  };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`);
  const refusals = refusalsOf(all);
  const without = refusals === "" ? "" : `\n\nWithout a figure:\n\n${refusals}`;
  replaceBetween(document, "peers", `\n${machine}.\n\n${tableOf(all)}${without}\n`);
}

const found = new Map(known().map((comparison) => [titleOf(comparison.workload), comparison]));
for (const workload of workloadsOf(
  chosen(modelNames, flags.model),
  chosen(taskNames, flags.task),
)) {
  const comparison = await compare(workload, { pythons, rounds, threads });
  found.set(titleOf(workload), comparison);
  for (const line of linesOf(comparison)) say(line);
  if (flags.dry !== true) save(found);
}
