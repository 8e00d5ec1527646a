/** A surface that draws on a canvas. */
import type { Box, Lettering, Path, Stroke, Surface } from "./surface.ts";

const dash = [5, 4];

export class CanvasSurface implements Surface {
  readonly #context: CanvasRenderingContext2D;
  readonly #font: string;

  constructor(context: CanvasRenderingContext2D, font: string) {
    this.#context = context;
    this.#font = font;
  }

  #trace({ xy, length }: Path): void {
    const context = this.#context;
    context.beginPath();
    let isDown = false;
    for (let i = 0; i < length; i += 2) {
      const x = xy[i] as number;
      const y = xy[i + 1] as number;
      if (Number.isNaN(y)) isDown = false;
      else if (isDown) context.lineTo(x, y);
      else {
        context.moveTo(x, y);
        isDown = true;
      }
    }
  }

  line(path: Path, { colour, width, alpha, isDashed }: Stroke): void {
    const context = this.#context;
    this.#trace(path);
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "bevel";
    context.globalAlpha = alpha ?? 1;
    context.setLineDash(isDashed === true ? dash : []);
    context.stroke();
    context.globalAlpha = 1;
  }

  area(path: Path, { colour, alpha }: { readonly colour: string; readonly alpha: number }): void {
    const context = this.#context;
    this.#trace(path);
    context.globalAlpha = alpha;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  }

  box(box: Box, { colour, alpha }: { readonly colour: string; readonly alpha?: number }): void {
    const context = this.#context;
    context.globalAlpha = alpha ?? 1;
    context.fillStyle = colour;
    context.fillRect(box.x, box.y, box.width, box.height);
    context.globalAlpha = 1;
  }

  dot({ x, y }: { readonly x: number; readonly y: number }, radius: number, colour: string): void {
    const context = this.#context;
    context.beginPath();
    context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
  }

  text(
    { x, y }: { readonly x: number; readonly y: number },
    words: string,
    { colour, size, align, weight }: Lettering,
  ): void {
    const context = this.#context;
    context.font = `${weight ?? 400} ${size}px ${this.#font}`;
    context.textAlign = align === "middle" ? "center" : (align ?? "start");
    context.textBaseline = "middle";
    context.fillStyle = colour;
    context.fillText(words, x, y);
  }

  within({ x, y, width, height }: Box, draw: () => void): void {
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(x, y, width, height);
    context.clip();
    draw();
    context.restore();
  }
}
