/** What a plot shows, as plain values: curves, bands, marks, axes. How it looks is in paint.ts. */

import type { ScaleKind } from "./scale.ts";
import type { Points } from "./series.ts";

export interface Line {
  readonly key: string;
  readonly label: string;
  readonly points: Points;
  /** Index into the palette's series, or a colour. */
  readonly colour: number | string;
  readonly isDashed?: boolean;
  /** Drawn behind, thin and pale: measured at every step, with noise. */
  readonly isFaint?: boolean;
  /** Whether smoothing applies to it. */
  readonly isNoisy?: boolean;
  /** Whether each point is shown: for curves with few. */
  readonly hasDots?: boolean;
  /** The interval around it. */
  readonly band?: { readonly low: Float64Array; readonly high: Float64Array };
}

export interface Level {
  readonly y: number;
  readonly label: string;
  readonly colour: "danger" | "muted";
}

export interface Spec {
  readonly title: string;
  readonly xLabel: string;
  readonly lines: readonly Line[];
  /** Steps of the anchors, if they are to be marked. */
  readonly anchors?: readonly number[];
  readonly levels?: readonly Level[];
  /** Areas on top of each other instead of lines. */
  readonly isStacked?: boolean;
  readonly yKind: ScaleKind;
  readonly xKind: ScaleKind;
  /** Bounds of y whatever the curves do. */
  readonly yDomain?: readonly [number, number];
  /** Ticks of x that have names instead of numbers. */
  readonly xNames?: readonly { readonly value: number; readonly label: string }[];
  readonly format?: (value: number) => string;
}
