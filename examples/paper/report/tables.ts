/** Tables of the report: measured beside expected with a verdict a cell, and the numbers of charts. */
import type { Cell, Chart, HeatMap, Table, Tolerance } from "../findings.ts";
import { expectedText, measuredText, numberText } from "../text.ts";
import { cellVerdict } from "../verdicts.ts";
import { element, escaped } from "./markup.ts";

const head = (cells: readonly string[]): string =>
  element(
    "thead",
    {},
    element("tr", {}, ...cells.map((text) => element("th", { scope: "col" }, escaped(text)))),
  );

const rowHead = (text: string): string => element("th", { scope: "row" }, escaped(text));

function spreadText({ measured }: Cell): string {
  if (measured === null || measured.values.length < 2) return "";
  return `seeds: ${measured.values.map((value) => numberText(value, undefined)).join(", ")}`;
}

function cellMarkup(cell: Cell, digits: number | undefined, tolerance: Tolerance | null): string {
  const expected = expectedText(cell, digits);
  const verdict = tolerance === null ? "not judged" : cellVerdict(cell, tolerance);
  const own = element("span", { class: "own" }, escaped(measuredText(cell, digits)));
  const title = spreadText(cell);
  const attributes = {
    class: verdict.replaceAll(" ", "-"),
    title: title === "" ? undefined : title,
  };
  if (expected === "") return element("td", attributes, own);
  const beside = element("span", { class: "expected" }, escaped(expected));
  const said = verdict === "not judged" ? "" : element("span", { class: "said" }, verdict);
  return element("td", attributes, own, " ", beside, said);
}

/** A table of the study. */
export function tableMarkup(table: Table): string {
  const { title, note, corner, columns, rows, digits, tolerance } = table;
  const body = rows.map(({ label, cells }) =>
    element("tr", {}, rowHead(label), ...cells.map((cell) => cellMarkup(cell, digits, tolerance))),
  );
  return element(
    "div",
    { class: "scroll" },
    element(
      "table",
      {},
      element("caption", {}, escaped(title)),
      head([corner, ...columns]),
      element("tbody", {}, ...body),
    ),
    note === undefined ? "" : element("p", { class: "note" }, escaped(note)),
  );
}

function lineNumbers({ x, lines }: Chart): string {
  const xs = [...new Set(lines.flatMap(({ points }) => points.map((point) => point.x)))];
  const named = new Map(x.ticks);
  const titles = lines.map(({ label, expected }) =>
    expected === true && !label.includes("Gauss") ? `${label}, expected` : label,
  );
  const rows = xs
    .sort((a, b) => a - b)
    .map((at) =>
      element(
        "tr",
        {},
        rowHead(named.get(at) ?? numberText(at, undefined)),
        ...lines.map(({ points }) => {
          const point = points.find((each) => each.x === at);
          return element("td", {}, point === undefined ? "" : numberText(point.y, undefined));
        }),
      ),
    );
  return element("table", {}, head([x.title, ...titles]), element("tbody", {}, ...rows));
}

function heatNumbers({ x, y, columns, rows }: HeatMap): string {
  const body = rows.map(({ label, values }) =>
    element(
      "tr",
      {},
      rowHead(label),
      ...values.map((value) => element("td", {}, value === null ? "–" : value.toFixed(3))),
    ),
  );
  return element("table", {}, head([`${y} \\ ${x}`, ...columns]), element("tbody", {}, ...body));
}

/** The numbers that a figure shows, for who does not see it. */
export function figureNumbers(figure: Chart | HeatMap): string {
  const table = figure.kind === "lines" ? lineNumbers(figure) : heatNumbers(figure);
  return element(
    "details",
    {},
    element("summary", {}, "Numbers of this figure"),
    element("div", { class: "scroll" }, table),
  );
}
