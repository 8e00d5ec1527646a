/** Draws a plot on a surface: grid, anchors, bands, curves, axes. Interaction is in chart.ts. */
import type { Palette } from "../state/theme.ts";
import { frameOf, paintAxes, paintGrid } from "./axes.ts";
import { colourOf } from "./colour.ts";
import { type Chosen, Decimator } from "./decimate.ts";
import { domainFor, padded, type Scale, type ScaleKind, scaleOf } from "./scale.ts";
import type { Points } from "./series.ts";
import type { Line, Spec } from "./spec.ts";
import { paintStack } from "./stack.ts";
import type { Box, Surface } from "./surface.ts";
import { bandOver, lineThrough } from "./trace.ts";

export interface Canvas {
  readonly width: number;
  readonly height: number;
}

export interface Look {
  readonly palette: Palette;
  readonly range: readonly [number, number] | null;
  readonly hidden: ReadonlySet<string>;
  /** The curve to draw in a line's place: smoothed, or as it is. */
  readonly smooth: (line: Line) => Points;
  readonly isSmoothing: boolean;
  readonly hasAnchors: boolean;
  /** Pixels above the frame, for a title. */
  readonly top?: number;
}

/** Where things came to lie. */
export interface Painted {
  readonly frame: Box;
  readonly x: Scale;
  readonly y: Scale;
}

const decimators: Decimator[] = [];
/** Curves of fewer points show them; with more than the other number they would be a mess. */
const dotsAlways = 3;
const dotsMax = 120;

/** Least and greatest x over all curves. */
export function extentOf(lines: readonly Line[], kind: ScaleKind): [number, number] {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { points } of lines) {
    if (points.length === 0) continue;
    let first = points.x[0] ?? 0;
    if (kind === "log" && first <= 0) first = points.x[1] ?? 1;
    low = Math.min(low, first);
    high = Math.max(high, points.x[points.length - 1] ?? 0);
  }
  return domainFor(kind, [low, high]);
}

interface Layer {
  readonly line: Line;
  readonly points: Points;
  readonly isGhost: boolean;
  readonly chosen: Chosen;
}

function layersOf(spec: Spec, look: Look, { x, width }: { x: Scale; width: number }): Layer[] {
  const layers: Layer[] = [];
  const add = (line: Line, points: Points, isGhost: boolean): void => {
    const decimator = decimators[layers.length] ?? new Decimator();
    decimators[layers.length] = decimator;
    decimator.floor = spec.yKind === "log" ? 0 : Number.NEGATIVE_INFINITY;
    layers.push({ line, points, isGhost, chosen: decimator.choose(points, x, width) });
  };
  for (const line of spec.lines) {
    if (look.hidden.has(line.key)) continue;
    const isSmoothed = look.isSmoothing && line.isNoisy === true;
    if (isSmoothed) add(line, line.points, true);
    add(line, isSmoothed ? look.smooth(line) : line.points, false);
  }
  return layers;
}

function yDomain(spec: Spec, layers: readonly Layer[]): [number, number] {
  if (spec.yDomain !== undefined) return [...spec.yDomain];
  if (spec.isStacked === true) return [0, 1];
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { chosen, line } of layers) {
    low = Math.min(low, chosen.low);
    high = Math.max(high, chosen.high);
    if (line.band === undefined) continue;
    for (const value of line.band.low) low = Math.min(low, value);
    for (const value of line.band.high) high = Math.max(high, value);
  }
  for (const { y } of spec.levels ?? []) {
    // A level far from every curve would flatten them; it is then left outside.
    if (y > 0 && y < high * 4 && y > low / 4) {
      low = Math.min(low, y);
      high = Math.max(high, y);
    }
  }
  return padded(spec.yKind, [low, high]);
}

function paintBand(
  surface: Surface,
  { line, palette }: { line: Line; palette: Palette },
  at: Painted,
) {
  const { band, points } = line;
  if (band === undefined) return;
  const xy: number[] = [];
  for (let i = 0; i < points.length; i += 1) {
    xy.push(at.x.to(points.x[i] ?? 0), at.y.to(band.high[i] ?? Number.NaN));
  }
  for (let i = points.length - 1; i >= 0; i -= 1) {
    xy.push(at.x.to(points.x[i] ?? 0), at.y.to(band.low[i] ?? Number.NaN));
  }
  const path = { xy: Float64Array.from(xy), length: xy.length };
  surface.area(path, { colour: colourOf(line, palette), alpha: 0.16 });
}

type Drawing = Painted & Pick<Look, "palette" | "isSmoothing">;

function paintLayer(surface: Surface, layer: Layer, at: Drawing): void {
  const { line, isGhost, chosen, points } = layer;
  const colour = colourOf(line, at.palette);
  const isPale = line.isNoisy === true && line.isFaint === true;
  const alpha = isGhost ? 0.28 : isPale ? 0.45 : line.isFaint === true ? 0.7 : 1;
  const isThin = isGhost || line.isFaint === true || (line.isNoisy === true && !at.isSmoothing);
  const width = isThin ? 1.1 : 1.9;
  if (chosen.isDense) return surface.area(bandOver(chosen, at, width), { colour, alpha });
  const path = lineThrough(points, chosen, at);
  surface.line(path, { colour, width, alpha, isDashed: line.isDashed === true && !isGhost });
  const hasDots = line.hasDots === true || points.length < dotsAlways;
  if (!hasDots || chosen.length > dotsMax) return;
  for (let i = 0; i < path.length; i += 2) {
    const y = path.xy[i + 1] ?? Number.NaN;
    if (!Number.isNaN(y)) surface.dot({ x: path.xy[i] ?? 0, y }, 2.6, colour);
  }
}

/** Anchors as hairlines with a tooth at the top; where they are too dense, as a strip of teeth. */
function paintAnchors(
  surface: Surface,
  steps: readonly number[],
  at: Painted & { palette: Palette },
) {
  const { x, frame, palette } = at;
  let last = Number.NEGATIVE_INFINITY;
  let count = 0;
  const [low, high] = x.domain;
  const visible = steps.filter((step) => step >= low && step <= high);
  const isDense = visible.length > frame.width / 7;
  for (const step of visible) {
    const px = Math.round(x.to(step)) + 0.5;
    if (px - last < (isDense ? 2 : 1)) continue;
    last = px;
    count += 1;
    if (!isDense) {
      surface.box(
        { x: px - 0.5, y: frame.y, width: 1, height: frame.height },
        { colour: palette.anchor, alpha: 0.26 },
      );
    }
    surface.box(
      { x: px - (isDense ? 0.5 : 1.5), y: frame.y, width: isDense ? 1 : 3, height: 5 },
      { colour: palette.anchor },
    );
  }
  return count;
}

/** Draws everything; what is returned tells the reader's pointer where it is. */
export function paint(surface: Surface, spec: Spec, { size, look }: { size: Canvas; look: Look }) {
  const { palette } = look;
  const shown = spec.lines.filter(({ key }) => !look.hidden.has(key));
  const extent = extentOf(shown.length > 0 ? shown : spec.lines, spec.xKind);
  // Named places stand apart from the edges; steps begin at the left one.
  const whole = spec.xNames === undefined ? extent : padded(spec.xKind, extent, 0.04);
  const xDomain = look.range ?? whole;
  const rough = scaleOf(spec.xKind, xDomain, [0, Math.max(1, size.width - 60)]);
  const layers = layersOf(spec, look, { x: rough, width: size.width });
  const yRange = yDomain(spec, layers);
  const frame = frameOf(spec, { size, yRange, top: look.top ?? 0 });
  const x = scaleOf(spec.xKind, xDomain, [frame.x, frame.x + frame.width]);
  const y = scaleOf(spec.yKind, yRange, [frame.y + frame.height, frame.y]);
  const at = { frame, x, y, palette };
  paintGrid(surface, at);
  surface.within(frame, () => {
    if (spec.isStacked === true) paintStack(surface, shown, at);
    if (look.hasAnchors && spec.anchors !== undefined) paintAnchors(surface, spec.anchors, at);
    if (spec.isStacked === true) return;
    for (const line of shown) paintBand(surface, { line, palette }, at);
    const order = [...layers].sort((a, b) => rank(a) - rank(b));
    for (const layer of order) paintLayer(surface, layer, { ...at, isSmoothing: look.isSmoothing });
  });
  paintAxes(surface, spec, at);
  return { frame, x, y } satisfies Painted;
}

/** Noise lies behind what is measured without it. */
const rank = ({ isGhost, line }: Layer): number => {
  if (isGhost || (line.isNoisy === true && line.isFaint === true)) return 0;
  return line.isFaint === true ? 1 : 2;
};
