/** A word-sized plot without axes, for rows of a table. */
import { html, useEffect, useRef } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { onFrame } from "../state/frame.ts";
import { palette } from "../state/theme.ts";
import { CanvasSurface } from "./canvas-surface.ts";
import { Decimator } from "./decimate.ts";
import { padded, scaleOf } from "./scale.ts";
import type { Points } from "./series.ts";
import { bandOver, lineThrough } from "./trace.ts";

const width = 132;
const height = 30;
const decimator = new Decimator();

function draw(canvas: HTMLCanvasElement, points: Points, colour: string): void {
  const ratio = Math.min(3, devicePixelRatio);
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const context = canvas.getContext("2d");
  if (context === null || points.length < 2) return;
  context.scale(ratio, ratio);
  const ends = [points.x[0] ?? 0, points.x[points.length - 1] ?? 1] as const;
  const x = scaleOf("linear", ends, [2, width - 5]);
  decimator.floor = 0;
  const chosen = decimator.choose(points, x, width);
  const y = scaleOf("log", padded("log", [chosen.low, chosen.high]), [height - 3, 3]);
  const surface = new CanvasSurface(context, "");
  if (chosen.isDense) surface.area(bandOver(chosen, { x, y }, 1.4), { colour, alpha: 1 });
  else surface.line(lineThrough(points, chosen, { x, y }), { colour, width: 1.4 });
  const last = points.y[points.length - 1] ?? Number.NaN;
  if (last > 0) surface.dot({ x: x.to(ends[1]), y: y.to(last) }, 2.2, colour);
}

export function Sparkline(props: {
  readonly points: Points;
  readonly label: string;
  readonly version: number;
}) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const colours = useCell(palette);
  useEffect(() => {
    onFrame(() => {
      if (canvas.current !== null) draw(canvas.current, props.points, colours.series[0] ?? "");
    });
    return undefined;
  }, [props.points, props.version, colours]);
  return html`<canvas ref=${canvas} class="sparkline" role="img" aria-label=${props.label}></canvas>`;
}
