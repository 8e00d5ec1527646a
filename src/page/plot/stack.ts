/** Shares as areas on top of each other, at the steps of the first curve. */
import type { Palette } from "../state/theme.ts";
import { colourOf } from "./colour.ts";
import type { Scale } from "./scale.ts";
import { nearest } from "./series.ts";
import type { Line } from "./spec.ts";
import type { Surface } from "./surface.ts";

interface Place {
  readonly x: Scale;
  readonly y: Scale;
  readonly palette: Palette;
}

export function paintStack(surface: Surface, lines: readonly Line[], place: Place): void {
  const { x, y, palette } = place;
  const steps = lines[0]?.points;
  if (steps === undefined) return;
  const below = new Float64Array(steps.length);
  for (const line of lines) {
    const xy = new Float64Array(4 * steps.length);
    for (let i = 0; i < steps.length; i += 1) {
      const step = steps.x[i] ?? 0;
      const share = line.points.y[nearest(line.points, step)] ?? 0;
      const top = (below[i] ?? 0) + (Number.isFinite(share) ? share : 0);
      const back = 4 * steps.length - 2 - 2 * i;
      xy[2 * i] = x.to(step);
      xy[2 * i + 1] = y.to(top);
      xy[back] = x.to(step);
      xy[back + 1] = y.to(below[i] ?? 0);
      below[i] = top;
    }
    const colour = colourOf(line, palette);
    surface.area({ xy, length: xy.length }, { colour, alpha: 0.55 });
    surface.line({ xy, length: 2 * steps.length }, { colour, width: 1.4 });
  }
}
