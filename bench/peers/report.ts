/** Comparisons as lines for people and as the table of docs/performance.md. Measures nothing. */
import { readFileSync, writeFileSync } from "node:fs";
import { bestPeer, type Comparison, median, type Side } from "./compare.ts";
import { modelTitles } from "./models.ts";
import { agreement, taskTitles, titleOf } from "./workloads.ts";

export function duration(seconds: number): string {
  if (seconds >= 10) return `${seconds.toFixed(1)} s`;
  return seconds >= 1 ? `${seconds.toFixed(2)} s` : `${(seconds * 1000).toPrecision(3)} ms`;
}

/** The shortest and the longest round. */
const spread = ({ seconds }: Side): string => {
  const [least, most] = [duration(Math.min(...seconds)), duration(Math.max(...seconds))];
  const [number = "", unit] = least.split(" ");
  return most.endsWith(` ${unit}`) ? `${number} … ${most}` : `${least} … ${most}`;
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

/** How many times as fast as the best peer; null where no peer computed the same. */
export function ratioOf(comparison: Comparison): number | null {
  const best = bestPeer(comparison);
  const ours = comparison.sides.find(({ name }) => name === "linnet");
  if (best === null || ours === undefined || ours.error !== null) return null;
  return median(best.seconds) / median(ours.seconds);
}

export function linesOf(comparison: Comparison): readonly string[] {
  const { workload, sides } = comparison;
  const ratio = ratioOf(comparison);
  const verdict = ratio === null ? "nothing to compare with" : `${ratio.toFixed(2)} × the best`;
  return [
    `${titleOf(workload)}: ${verdict}`,
    ...sides.map((side) => {
      const name = `  ${side.name.padEnd(16)}`;
      if (side.error !== null) return `${name} cannot: ${side.error}`;
      const far = side.distance ?? 0;
      const wrong = far > agreement[workload.task] ? "  DISAGREES" : "";
      const apart = side.distance === null ? "" : `  apart ${far.toExponential(1)}${wrong}`;
      const time = duration(median(side.seconds)).padStart(9);
      return `${name} ${time}  (${spread(side)})  ${megabytes(side.peakBytes)}${apart}`;
    }),
  ];
}

const cell = (side: Side | undefined, comparison: Comparison): string => {
  if (side === undefined) return "not measured";
  if (side.error !== null) return "–";
  const far = side.distance ?? 0;
  const mark = far > agreement[comparison.workload.task] ? " (another result)" : "";
  return `${duration(median(side.seconds))} (${spread(side)})${mark}`;
};

const columns = ["linnet", "jax", "neural-tangents", "torch", "curvlinops"] as const;

function rowOf(comparison: Comparison): string {
  const { workload, sides } = comparison;
  const { model, task, examples, batch } = workload;
  const size = batch < examples ? `${batch} of ${examples}` : `${examples}`;
  const ratio = ratioOf(comparison);
  const cells = columns.map((column) =>
    cell(
      sides.find(({ name }) => name === column),
      comparison,
    ),
  );
  const best = bestPeer(comparison);
  const ours = sides.find(({ name }) => name === "linnet");
  const memory =
    best === null || ours === undefined
      ? "–"
      : `${megabytes(ours.peakBytes)} / ${megabytes(best.peakBytes)}`;
  const figures = [ratio === null ? "–" : ratio.toFixed(2), memory];
  return `| ${[modelTitles[model], taskTitles[task], size, ...cells, ...figures].join(" | ")} |`;
}

/** Medians and, in brackets, the range of rounds; then beside the fastest peer that agrees. */
export function tableOf(comparisons: readonly Comparison[]): string {
  const heads = ["network", "task", "examples", ...columns, "ratio", "memory, Linnet / peer"];
  const rule = heads.map(() => "---");
  const lines = [heads, rule].map((cells) => `| ${cells.join(" | ")} |`);
  return [...lines, ...comparisons.map(rowOf)].join("\n");
}

/** Why peers have no figure where they know the task. */
export function refusalsOf(comparisons: readonly Comparison[]): string {
  const lines = comparisons.flatMap(({ workload, sides }) =>
    sides.flatMap(({ name, error }) =>
      error === null || error.startsWith(`${name} has no`)
        ? []
        : [`- ${name}, ${titleOf(workload)}: ${error}`],
    ),
  );
  return [...new Set(lines)].join("\n");
}

/** Puts text between two marks of a document. */
export function replaceBetween(file: string, mark: string, text: string): void {
  const [from, to] = [`<!-- ${mark} -->`, `<!-- /${mark} -->`];
  const old = readFileSync(file, "utf8");
  const [start, end] = [old.indexOf(from), old.indexOf(to)];
  if (start < 0 || end < start) throw new Error(`${file} has no ${from} … ${to}`);
  writeFileSync(file, `${old.slice(0, start + from.length)}\n${text}\n${old.slice(end)}`);
}
