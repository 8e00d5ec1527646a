/** What several plots share: the cursor, the zoom, the smoothing, whether anchors are marked. */
import { Cell } from "../state/cell.ts";
import type { ScaleKind } from "./scale.ts";

export interface PlotLink {
  /** Where the reader points, in units of x. */
  readonly cursor: Cell<number | null>;
  /** The part of x that is shown; null: all. */
  readonly range: Cell<readonly [number, number] | null>;
  /** Weight of the past, 0 to below 1. */
  readonly smoothing: Cell<number>;
  readonly hasAnchors: Cell<boolean>;
  readonly xKind: Cell<ScaleKind>;
}

export function newLink(): PlotLink {
  return {
    cursor: new Cell<number | null>(null),
    range: new Cell<readonly [number, number] | null>(null),
    smoothing: new Cell(0),
    hasAnchors: new Cell(true),
    xKind: new Cell<ScaleKind>("linear"),
  };
}
