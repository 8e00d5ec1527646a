/** A surface that writes an SVG file. */
import type { Box, Lettering, Path, Stroke, Surface } from "./surface.ts";

const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
};
const safe = (text: string): string => text.replace(/[&<>"]/g, (letter) => escapes[letter] ?? "");
const round = (value: number): string => String(Math.round(value * 100) / 100);

function traced({ xy, length }: Path): string {
  let path = "";
  let isDown = false;
  for (let i = 0; i < length; i += 2) {
    const x = xy[i] ?? 0;
    const y = xy[i + 1] ?? 0;
    if (Number.isNaN(y)) isDown = false;
    else {
      path += `${isDown ? "L" : "M"}${round(x)} ${round(y)}`;
      isDown = true;
    }
  }
  return path;
}

export class SvgSurface implements Surface {
  readonly #parts: string[] = [];
  readonly #font: string;
  #clips = 0;

  constructor(font: string) {
    this.#font = font;
  }

  line(path: Path, { colour, width, alpha, isDashed }: Stroke): void {
    const dashes = isDashed === true ? ' stroke-dasharray="5 4"' : "";
    this.#parts.push(
      `<path d="${traced(path)}" fill="none" stroke="${safe(colour)}" stroke-width="${width}"` +
        ` stroke-opacity="${alpha ?? 1}"${dashes} stroke-linejoin="bevel"/>`,
    );
  }

  area(path: Path, { colour, alpha }: { readonly colour: string; readonly alpha: number }): void {
    this.#parts.push(`<path d="${traced(path)}Z" fill="${safe(colour)}" fill-opacity="${alpha}"/>`);
  }

  box(box: Box, { colour, alpha }: { readonly colour: string; readonly alpha?: number }): void {
    const place = `x="${round(box.x)}" y="${round(box.y)}"`;
    const size = `width="${round(box.width)}" height="${round(box.height)}"`;
    const fill = `fill="${safe(colour)}" fill-opacity="${alpha ?? 1}"`;
    this.#parts.push(`<rect ${place} ${size} ${fill}/>`);
  }

  dot({ x, y }: { readonly x: number; readonly y: number }, radius: number, colour: string): void {
    this.#parts.push(
      `<circle cx="${round(x)}" cy="${round(y)}" r="${radius}" fill="${safe(colour)}"/>`,
    );
  }

  text(
    { x, y }: { readonly x: number; readonly y: number },
    words: string,
    { colour, size, align, weight }: Lettering,
  ): void {
    // SVG places letters by their base line, which lies about a third of the size below the middle.
    const base = round(y + size * 0.35);
    this.#parts.push(
      `<text x="${round(x)}" y="${base}" fill="${safe(colour)}" font-size="${size}"` +
        ` font-weight="${weight ?? 400}" text-anchor="${align ?? "start"}">${safe(words)}</text>`,
    );
  }

  within({ x, y, width, height }: Box, draw: () => void): void {
    this.#clips += 1;
    const id = `clip${this.#clips}`;
    this.#parts.push(
      `<clipPath id="${id}"><rect x="${x}" y="${y}" width="${width}" height="${height}"/></clipPath>`,
      `<g clip-path="url(#${id})">`,
    );
    draw();
    this.#parts.push("</g>");
  }

  /** The whole file. */
  file({ width, height }: { readonly width: number; readonly height: number }): string {
    const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${size}`;
    return `${head} font-family="${safe(this.#font)}">\n${this.#parts.join("\n")}\n</svg>\n`;
  }
}
