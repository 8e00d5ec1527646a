/** A comparison for people: a column for each run, and a line for each thing that is compared. */
import type { Terminal } from "#cli/terminal.ts";
import type { Comparison } from "#schemas/comparison.ts";
import { nothing, showNumber, showShare } from "./numbers.ts";
import { paintFor, plain } from "./paint.ts";
import { type Column, table } from "./table.ts";

type Line = readonly [title: string, ...values: string[]];

function settingText(value: unknown): string {
  if (value === null || value === undefined) return nothing;
  return plain(typeof value === "string" ? value : JSON.stringify(value));
}

function settings({ differences }: Comparison): readonly Line[] {
  return differences.map(({ pointer, values }) => [plain(pointer), ...values.map(settingText)]);
}

function results({ runs }: Comparison): readonly Line[] {
  return [
    ["status", ...runs.map(({ status, step, steps }) => `${status} ${step}/${steps}`)],
    ["linearisations", ...runs.map(({ linearisations }) => showNumber(linearisations))],
    ["test f_lin", ...runs.map(({ result }) => showShare(result?.linearised.test.accuracy))],
    ["test network", ...runs.map(({ result }) => showShare(result?.network.test.accuracy))],
    ["train loss", ...runs.map(({ result }) => showNumber(result?.network.train.loss))],
    ["test loss", ...runs.map(({ result }) => showNumber(result?.network.test.loss))],
  ];
}

/** Of each run but the first: the latest step that both have, or why there is none. */
function distances({ runs, kernels, parameters }: Comparison): readonly Line[] {
  if (kernels.length === 0 && parameters.length === 0) return [];
  const cell = <T extends { readonly step: number }>(
    all: readonly { run: string; reason: string | null; points: readonly T[] }[],
    show: (point: T) => string,
  ): readonly string[] =>
    runs.map(({ id }, at) => {
      if (at === 0) return "";
      const found = all.find(({ run }) => run === id);
      const last = found?.points.at(-1);
      if (last === undefined) return plain(found?.reason ?? nothing);
      return `${show(last)} at ${last.step}`;
    });
  return [
    ["kernel from the first", ...cell(kernels, ({ distance }) => showNumber(distance))],
    ["weights from the first", ...cell(parameters, (point) => showNumber(point.relative_distance))],
  ];
}

/** Several lines, each ended by a line break. */
export function comparisonText(comparison: Comparison, terminal: Terminal): string {
  const heads = comparison.runs.map(({ id, name }) => (name === null ? id : plain(name)));
  const columns: Column[] = ["", ...heads].map((title, at) => ({
    title,
    align: at === 0 ? "left" : "right",
  }));
  const lines = [...settings(comparison), ...results(comparison), ...distances(comparison)];
  return table(columns, lines, paintFor(terminal.colour));
}
