/** What plots are drawn on: a canvas, or the text of an SVG file. Both look the same. */

/** x0, y0, x1, y1 … in pixels; NaN breaks the line. */
export interface Path {
  readonly xy: Float64Array;
  /** Numbers used, two for each point. */
  readonly length: number;
}

export interface Stroke {
  readonly colour: string;
  readonly width: number;
  readonly alpha?: number;
  readonly isDashed?: boolean;
}

export interface Lettering {
  readonly colour: string;
  readonly size: number;
  readonly align?: "start" | "middle" | "end";
  readonly weight?: number;
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Surface {
  line(path: Path, stroke: Stroke): void;
  area(path: Path, fill: { readonly colour: string; readonly alpha: number }): void;
  box(box: Box, fill: { readonly colour: string; readonly alpha?: number }): void;
  dot(at: { readonly x: number; readonly y: number }, radius: number, colour: string): void;
  /** `y` is the middle of the letters. */
  text(at: { readonly x: number; readonly y: number }, words: string, style: Lettering): void;
  /** Whatever `draw` draws is cut to the box. */
  within(box: Box, draw: () => void): void;
}
