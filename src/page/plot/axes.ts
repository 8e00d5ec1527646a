/** The frame of a plot: room for labels, grid lines, ticks, the named levels. */
import type { Palette } from "../state/theme.ts";
import { short } from "./number.ts";
import { type Scale, scaleOf, type Tick, ticksOf } from "./scale.ts";
import type { Spec } from "./spec.ts";
import type { Box, Surface } from "./surface.ts";

const letterPixels = 6.3;
const letterSize = 11;
const bottom = 34;
const right = 14;
const top = 10;
const ticksAcross = 90;
const ticksDown = 44;

interface Place {
  readonly frame: Box;
  readonly x: Scale;
  readonly y: Scale;
  readonly palette: Palette;
}

/** Round numbers need no digits behind a zero. */
const labelOf = (spec: Spec, tick: Tick): string =>
  tick.label !== "" && spec.format !== undefined
    ? spec.format(tick.value).replace(/\.0(?= |$)/, "")
    : tick.label;

/** The rectangle in which curves are drawn: what the labels leave. */
export function frameOf(
  spec: Spec,
  about: {
    readonly size: { readonly width: number; readonly height: number };
    readonly yRange: readonly [number, number];
    readonly top: number;
  },
): Box {
  const { width, height } = about.size;
  const inner = Math.max(10, height - bottom - top - about.top);
  const ticks = ticksOf(scaleOf(spec.yKind, about.yRange, [inner, 0]), inner / ticksDown);
  const letters = Math.max(3, ...ticks.map((tick) => labelOf(spec, tick).length));
  const left = Math.round(12 + letters * letterPixels);
  return { x: left, y: top + about.top, width: Math.max(10, width - left - right), height: inner };
}

function xTicks(spec: Spec, { x, frame }: Place): readonly Tick[] {
  if (spec.xNames !== undefined) return spec.xNames;
  return ticksOf(x, Math.max(2, frame.width / ticksAcross));
}

export function paintGrid(surface: Surface, { frame, y, palette }: Place): void {
  for (const { value, label } of ticksOf(y, frame.height / ticksDown)) {
    const at = Math.round(y.to(value));
    if (at < frame.y - 1 || at > frame.y + frame.height + 1) continue;
    surface.box(
      { x: frame.x, y: at, width: frame.width, height: 1 },
      { colour: palette.line, alpha: label === "" ? 0.45 : 1 },
    );
  }
}

/** Labels and the base line, above the curves; levels are named at the right end. */
export function paintAxes(surface: Surface, spec: Spec, place: Place): void {
  const { frame, x, y, palette } = place;
  const style = { colour: palette.muted, size: letterSize } as const;
  for (const tick of ticksOf(y, frame.height / ticksDown)) {
    const at = y.to(tick.value);
    if (tick.label === "" || at < frame.y - 1 || at > frame.y + frame.height + 1) continue;
    surface.text({ x: frame.x - 8, y: at }, labelOf(spec, tick), { ...style, align: "end" });
  }
  const base = frame.y + frame.height;
  surface.box(
    { x: frame.x, y: base, width: frame.width, height: 1 },
    { colour: palette.muted, alpha: 0.55 },
  );
  for (const { value, label } of xTicks(spec, place)) {
    const at = x.to(value);
    if (at < frame.x - 1 || at > frame.x + frame.width + 1) continue;
    surface.box(
      { x: Math.round(at), y: base, width: 1, height: label === "" ? 3 : 5 },
      {
        colour: palette.muted,
        alpha: 0.7,
      },
    );
    // The last label is drawn inside the plot rather than cut off at its edge.
    const half = (label.length * letterPixels) / 2;
    const middle = Math.min(at, frame.x + frame.width + right - 2 - half);
    surface.text({ x: middle, y: base + 14 }, label, { ...style, align: "middle" });
  }
  const name = { x: frame.x + frame.width, y: base + 28 };
  surface.text(name, spec.xLabel, { ...style, align: "end" });
  for (const { y: height, label, colour } of spec.levels ?? []) {
    const at = y.to(height);
    if (!(at >= frame.y && at <= base)) continue;
    const xy = Float64Array.of(
      frame.x,
      Math.round(at) + 0.5,
      frame.x + frame.width,
      Math.round(at) + 0.5,
    );
    const stroke = { colour: palette[colour], width: 1, isDashed: true };
    surface.line({ xy, length: 4 }, stroke);
    surface.text({ x: frame.x + frame.width - 4, y: at - 8 }, `${label} ${short(height)}`, {
      colour: palette[colour],
      size: letterSize,
      align: "end",
    });
  }
}
