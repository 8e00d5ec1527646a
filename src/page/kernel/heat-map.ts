/** Draws a matrix on a canvas: one colour a cell, classes as strips and hairlines. */
import type { Palette } from "../state/theme.ts";
import type { Matrix } from "./matrix.ts";

export interface HeatMap {
  readonly matrix: Matrix;
  /** The values at the ends of the colours. */
  readonly range: readonly [number, number];
  readonly colours: Uint8Array;
  /** Class of each row, in the order of the rows. */
  readonly classes: readonly number[] | undefined;
}

/** Width of the strips, in pixels of the page. */
export const stripPixels = 9;

function image({ matrix, range, colours }: HeatMap): ImageData {
  const { size, data } = matrix;
  const pixels = new ImageData(size, size);
  const [low, high] = range;
  const factor = 255 / (high - low || 1);
  for (let i = 0; i < data.length; i += 1) {
    const t = Math.min(255, Math.max(0, Math.round(((data[i] ?? 0) - low) * factor)));
    pixels.data[4 * i] = colours[3 * t] ?? 0;
    pixels.data[4 * i + 1] = colours[3 * t + 1] ?? 0;
    pixels.data[4 * i + 2] = colours[3 * t + 2] ?? 0;
    pixels.data[4 * i + 3] = 255;
  }
  return pixels;
}

/** Where each class begins and ends, in rows. */
function runsOf(classes: readonly number[]): { name: number; from: number; to: number }[] {
  const runs: { name: number; from: number; to: number }[] = [];
  for (const [row, name] of classes.entries()) {
    const last = runs.at(-1);
    if (last?.name === name) last.to = row + 1;
    else runs.push({ name, from: row, to: row + 1 });
  }
  return runs;
}

const hairlinesMax = 64;

function drawClasses(
  context: CanvasRenderingContext2D,
  classes: readonly number[],
  { side, palette }: { readonly side: number; readonly palette: Palette },
): void {
  const runs = runsOf(classes);
  const cell = (side - stripPixels) / classes.length;
  for (const { name, from, to } of runs) {
    const start = stripPixels + from * cell;
    const length = (to - from) * cell;
    context.fillStyle = palette.series[name % palette.series.length] ?? "";
    context.fillRect(start, 0, length, stripPixels - 2);
    context.fillRect(0, start, stripPixels - 2, length);
    if (from === 0 || runs.length > hairlinesMax) continue;
    context.fillStyle = "rgb(255 255 255 / 55%)";
    context.fillRect(start - 0.5, stripPixels, 1, side - stripPixels);
    context.fillRect(stripPixels, start - 0.5, side - stripPixels, 1);
  }
}

/** Draws all of it, `side` pixels of the page wide. */
export function drawHeatMap(
  canvas: HTMLCanvasElement,
  map: HeatMap,
  { side, palette }: { readonly side: number; readonly palette: Palette },
): void {
  const ratio = Math.min(3, devicePixelRatio);
  const pixels = Math.round(side * ratio);
  if (canvas.width !== pixels) {
    canvas.width = pixels;
    canvas.height = pixels;
  }
  const context = canvas.getContext("2d");
  const small = document.createElement("canvas");
  small.width = map.matrix.size;
  small.height = map.matrix.size;
  small.getContext("2d")?.putImageData(image(map), 0, 0);
  if (context === null) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, side, side);
  context.imageSmoothingEnabled = false;
  const strip = map.classes === undefined ? 0 : stripPixels;
  context.drawImage(small, strip, strip, side - strip, side - strip);
  if (map.classes !== undefined) drawClasses(context, map.classes, { side, palette });
}

/** The cell under a point of the page's pixels; undefined on a strip or outside. */
export function cellAt(
  map: HeatMap,
  side: number,
  { x, y }: { readonly x: number; readonly y: number },
): readonly [number, number] | undefined {
  const strip = map.classes === undefined ? 0 : stripPixels;
  const cell = (side - strip) / map.matrix.size;
  const column = Math.floor((x - strip) / cell);
  const row = Math.floor((y - strip) / cell);
  const isInside = [row, column].every((at) => at >= 0 && at < map.matrix.size);
  return isInside ? [row, column] : undefined;
}
