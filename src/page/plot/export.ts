/** A plot as a file: PNG and SVG with title and legend, CSV of the curves. */
import { CanvasSurface } from "./canvas-surface.ts";
import { colourOf } from "./colour.ts";
import { type Look, paint } from "./paint.ts";
import type { Spec } from "./spec.ts";
import type { Surface } from "./surface.ts";
import { SvgSurface } from "./svg-surface.ts";

const size = { width: 960, height: 540 } as const;
const pngScale = 2;
const titleTop = 52;
const letterPixels = 6.4;

/** Hands a file to the one who looks. */
export function download(name: string, file: Blob): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A name that every file system takes. */
export const fileName = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

function paintTitle(surface: Surface, spec: Spec, { palette, hidden }: Look): void {
  surface.text({ x: 14, y: 20 }, spec.title, { colour: palette.ink, size: 15, weight: 600 });
  let x = 14;
  for (const line of spec.lines) {
    if (hidden.has(line.key)) continue;
    const colour = colourOf(line, palette);
    const xy = Float64Array.of(x, 42, x + 18, 42);
    surface.line({ xy, length: 4 }, { colour, width: 2, isDashed: line.isDashed === true });
    surface.text({ x: x + 24, y: 42 }, line.label, { colour: palette.muted, size: 12 });
    x += 24 + line.label.length * letterPixels + 20;
    if (x > size.width - 120) break;
  }
}

function drawOn(surface: Surface, spec: Spec, look: Look): void {
  surface.box({ x: 0, y: 0, ...size }, { colour: look.palette.panel });
  paint(surface, spec, { size, look: { ...look, top: titleTop } });
  paintTitle(surface, spec, look);
}

export function svgOf(spec: Spec, look: Look): Blob {
  const surface = new SvgSurface(look.palette.font);
  drawOn(surface, spec, look);
  return new Blob([surface.file(size)], { type: "image/svg+xml" });
}

export async function pngOf(spec: Spec, look: Look): Promise<Blob> {
  const canvas = document.createElement("canvas");
  canvas.width = size.width * pngScale;
  canvas.height = size.height * pngScale;
  const context = canvas.getContext("2d");
  if (context === null) throw new Error("This browser draws no canvas.");
  context.scale(pngScale, pngScale);
  drawOn(new CanvasSurface(context, look.palette.font), spec, look);
  return pngFrom(canvas);
}

/** The canvas as a PNG file. */
export function pngFrom(canvas: HTMLCanvasElement): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob === null) reject(new Error("The canvas could not be written as PNG."));
      else resolve(blob);
    }, "image/png");
  });
}

const quoted = (text: string): string =>
  /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** One row for every x of any curve, one column a curve; empty where a curve has no point. */
export function csvOf(spec: Spec): Blob {
  const rows = new Map<number, string[]>();
  for (const [column, { points }] of spec.lines.entries()) {
    for (let i = 0; i < points.length; i += 1) {
      const x = points.x[i] ?? 0;
      const row = rows.get(x) ?? new Array<string>(spec.lines.length).fill("");
      row[column] = String(points.y[i] ?? "");
      rows.set(x, row);
    }
  }
  const head = [spec.xLabel, ...spec.lines.map(({ label }) => label)].map(quoted).join(",");
  const body = [...rows].sort(([a], [b]) => a - b).map(([x, row]) => `${x},${row.join(",")}`);
  return new Blob([`${head}\r\n${body.join("\r\n")}\r\n`], { type: "text/csv" });
}
