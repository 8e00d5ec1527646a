/** Charts of lines and heat maps as inline SVG, in colours that the page sets for light and dark. */
import type { Chart, HeatMap, Line, Point } from "../findings.ts";
import { type Scale, scaleOf } from "./axis.ts";
import { element, escaped, pixels } from "./markup.ts";

const width = 720;
const height = 340;
const left = 64;
const right = 16;
const top = 12;
const bottom = 48;
/** Colours of the page's style; more lines begin again. */
const coloursMax = 8;
const legendRow = 18;
const legendColumns = 3;

interface Frame {
  readonly x: Scale;
  readonly y: Scale;
}

function usable(points: readonly Point[], log: boolean | undefined): readonly Point[] {
  return points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y) && (!log || y > 0));
}

function gridLines({ x, y }: Frame): string {
  const ys = y.ticks.map(([at, text]) => {
    const here = pixels(y.to(at));
    return (
      element("line", { class: "grid", x1: left, x2: width - right, y1: here, y2: here }) +
      element("text", { x: left - 8, y: here + 4, "text-anchor": "end" }, escaped(text))
    );
  });
  const xs = x.ticks.map(([at, text]) => {
    const here = pixels(x.to(at));
    return (
      element("line", { class: "grid", x1: here, x2: here, y1: top, y2: height - bottom }) +
      element("text", { x: here, y: height - bottom + 18, "text-anchor": "middle" }, escaped(text))
    );
  });
  return [...ys, ...xs].join("");
}

function titles({ x, y }: Chart): string {
  const middle = (top + height - bottom) / 2;
  return (
    element(
      "text",
      { x: (left + width - right) / 2, y: height - 8, "text-anchor": "middle" },
      escaped(x.title),
    ) +
    element(
      "text",
      { x: 14, y: middle, "text-anchor": "middle", transform: `rotate(-90 14 ${middle})` },
      escaped(y.title),
    )
  );
}

function lineMarkup(line: Line, colour: number, frame: Frame, log: boolean | undefined): string {
  const points = usable(line.points, log);
  const place = ({ x, y }: Point) => `${pixels(frame.x.to(x))},${pixels(frame.y.to(y))}`;
  const kind = line.expected === true ? " expected" : "";
  const path = element("polyline", {
    class: `line c${colour}${kind}`,
    points: points.map(place).join(" "),
  });
  if (line.expected === true) return path;
  const dots = points.map(({ x, y, low, high }) => {
    const [cx, cy] = [pixels(frame.x.to(x)), pixels(frame.y.to(y))];
    const dot = element("circle", { class: `dot c${colour}`, cx, cy, r: 2.5 });
    if (low === undefined || high === undefined || low === high) return dot;
    if (log && low <= 0) return dot;
    const [y1, y2] = [pixels(frame.y.to(low)), pixels(frame.y.to(high))];
    return element("line", { class: `bar c${colour}`, x1: cx, x2: cx, y1, y2 }) + dot;
  });
  return path + dots.join("");
}

function legend(labels: readonly { readonly text: string; readonly colour: number }[]): string {
  return labels
    .map(({ text, colour }, i) => {
      const x = left + ((width - left - right) / legendColumns) * (i % legendColumns);
      const y = height + 14 + legendRow * Math.floor(i / legendColumns);
      return (
        element("line", { class: `line c${colour}`, x1: x, x2: x + 18, y1: y - 4, y2: y - 4 }) +
        element("text", { x: x + 24, y }, escaped(text))
      );
    })
    .join("");
}

/** The chart as one SVG element. */
export function chartSvg(chart: Chart, id: string): string {
  const all = chart.lines.flatMap(({ points }) => usable(points, chart.y.log));
  const ys = all.flatMap(({ y, low = y, high = y }) => [y, low, high]);
  const frame: Frame = {
    x: scaleOf(
      chart.x,
      all.map(({ x }) => x),
      [left + 12, width - right - 12],
    ),
    y: scaleOf(chart.y, ys, [height - bottom, top]),
  };
  const names = [...new Set(chart.lines.map(({ label }) => label.replace(", Gauss–Newton", "")))];
  const colourOf = (label: string): number =>
    Math.max(0, names.indexOf(label.replace(", Gauss–Newton", ""))) % coloursMax;
  const lines = chart.lines.map((line) =>
    lineMarkup(line, colourOf(line.label), frame, chart.y.log),
  );
  const rows = Math.ceil(names.length / legendColumns);
  return element(
    "svg",
    {
      viewBox: `0 0 ${width} ${height + 8 + rows * legendRow}`,
      role: "img",
      "aria-labelledby": id,
    },
    element("title", { id }, escaped(chart.title)),
    gridLines(frame),
    titles(chart),
    ...lines,
    legend(names.map((text) => ({ text, colour: colourOf(text) }))),
  );
}

const cellHeight = 30;
const labelWidth = 90;
const mapTop = 26;
/** Shades of the page's style, from the least to the greatest value. */
const shades = 10;

/** The map as one SVG element: a shade and its number in every cell. */
export function heatSvg(map: HeatMap, id: string): string {
  const values = map.rows.flatMap(({ values: row }) => row.filter((value) => value !== null));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const cellWidth = (width - labelWidth - right) / Math.max(1, map.columns.length);
  const shadeOf = (value: number): number =>
    high === low ? 0 : Math.min(shades - 1, Math.floor((shades * (value - low)) / (high - low)));
  const heads = map.columns.map((text, i) =>
    element(
      "text",
      { x: pixels(labelWidth + cellWidth * (i + 0.5)), y: 16, "text-anchor": "middle" },
      escaped(text),
    ),
  );
  const rows = map.rows.toReversed().map(({ label, values: row }, at) => {
    const y = mapTop + at * cellHeight;
    const cells = row.map((value, i) => {
      const x = pixels(labelWidth + cellWidth * i);
      const shade = value === null ? "none" : `s${shadeOf(value)}`;
      const box = { x, y, width: pixels(cellWidth - 2), height: cellHeight - 2 };
      const at = { x: pixels(x + cellWidth / 2), y: y + 18, "text-anchor": "middle" };
      const text = value === null ? "–" : value.toFixed(3);
      return (
        element("rect", { class: `shade ${shade}`, ...box }) +
        element("text", { class: `on ${shade}`, ...at }, text)
      );
    });
    const name = element(
      "text",
      { x: labelWidth - 10, y: y + 18, "text-anchor": "end" },
      escaped(label),
    );
    return name + cells.join("");
  });
  const all = mapTop + map.rows.length * cellHeight;
  return element(
    "svg",
    { viewBox: `0 0 ${width} ${all + 4}`, role: "img", "aria-labelledby": id },
    element("title", { id }, escaped(map.title)),
    ...heads,
    ...rows,
  );
}
