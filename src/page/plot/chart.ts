/**
 * A plot that lives in the page: two canvases, one for the curves and one for the cursor, redrawn
 * before the next paint when something changed and the plot is in sight.
 */

import type { Stop } from "../state/cell.ts";
import { offFrame, onFrame, whenFree } from "../state/frame.ts";
import { palette } from "../state/theme.ts";
import { CanvasSurface } from "./canvas-surface.ts";
import { colourOf } from "./colour.ts";
import { listen, type Pointed } from "./gestures.ts";
import type { PlotLink } from "./link.ts";
import { type Look, type Painted, paint } from "./paint.ts";
import { nearest, type Points } from "./series.ts";
import { Smoothed } from "./smooth.ts";
import type { Line, Spec } from "./spec.ts";

export interface ChartOptions {
  readonly host: HTMLElement;
  readonly link: PlotLink;
  readonly spec: () => Spec;
  readonly hidden: () => ReadonlySet<string>;
  /** Told the values at the cursor, or the last ones. */
  readonly readout: (values: ReadonlyMap<string, number>, x: number | null) => void;
}

const pixelRatioMax = 3;
/** Plots this close to the window are drawn before they come into it. */
const sightMargin = "300px";

export class Chart implements Pointed {
  readonly #options: ChartOptions;
  readonly #base = document.createElement("canvas");
  readonly #overlay = document.createElement("canvas");
  readonly #stops: Stop[] = [];
  readonly #smoothed = new Map<string, Smoothed>();
  #size = { width: 0, height: 0 };
  #isVisible = false;
  #isStale = true;
  #brush: readonly [number, number] | null = null;
  painted: Painted | undefined;
  /** How long the last redraw of the curves took. */
  drawMs = 0;

  constructor(options: ChartOptions) {
    this.#options = options;
    const { host, link } = options;
    host.append(this.#base, this.#overlay);
    const sizes = new ResizeObserver(() => this.#measure());
    sizes.observe(host);
    const sight = new IntersectionObserver(
      (entries) => {
        this.#isVisible = entries.at(-1)?.isIntersecting ?? true;
        if (this.#isVisible && this.#isStale) this.invalidate();
      },
      { rootMargin: sightMargin },
    );
    sight.observe(host);
    this.#stops.push(
      () => sizes.disconnect(),
      () => sight.disconnect(),
      link.cursor.watch(() => onFrame(this.#drawCursor)),
      ...[link.range, link.smoothing, link.hasAnchors, link.xKind, palette].map((cell) =>
        cell.watch(() => this.invalidate()),
      ),
      listen(host, this),
    );
  }

  get link(): PlotLink {
    return this.#options.link;
  }

  destroy(): void {
    for (const stop of this.#stops) stop();
    offFrame(this.#draw);
    offFrame(this.#drawCursor);
    this.#base.remove();
    this.#overlay.remove();
  }

  /** Asks for a redraw before the next paint. */
  invalidate(): void {
    this.#isStale = true;
    if (this.#isVisible) onFrame(this.#draw);
  }

  /** Asks for a redraw soon: the curves have grown. */
  grow(): void {
    this.#isStale = true;
    if (this.#isVisible) whenFree(this.#draw);
  }

  /** The stretch that is being drawn with the pointer, in x. */
  brush(stretch: readonly [number, number] | null): void {
    this.#brush = stretch;
    onFrame(this.#drawCursor);
  }

  /** How the plot is to be drawn now. */
  look(): Look {
    const { link, hidden } = this.#options;
    return {
      palette: palette.value,
      range: link.range.value,
      hidden: hidden(),
      isSmoothing: link.smoothing.value > 0,
      hasAnchors: link.hasAnchors.value,
      smooth: (line) => this.#smooth(line),
    };
  }

  #smooth({ key, points }: Line): Points {
    const weight = this.#options.link.smoothing.value;
    let kept = this.#smoothed.get(key);
    if (kept?.weight !== weight || kept.source !== points) {
      kept = new Smoothed(points, weight);
      this.#smoothed.set(key, kept);
    }
    return kept.update();
  }

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this.#options.host;
    if (width === 0 || (width === this.#size.width && height === this.#size.height)) return;
    this.#size = { width, height };
    const ratio = Math.min(pixelRatioMax, devicePixelRatio);
    for (const canvas of [this.#base, this.#overlay]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
    }
    this.invalidate();
  }

  #context(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    const context = canvas.getContext("2d");
    if (context === null || this.#size.width === 0) return null;
    const ratio = canvas.width / this.#size.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#size.width, this.#size.height);
    return context;
  }

  readonly #draw = (): void => {
    const context = this.#context(this.#base);
    if (context === null) return;
    const startedMs = performance.now();
    const surface = new CanvasSurface(context, palette.value.font);
    const look = this.look();
    this.painted = paint(surface, this.#options.spec(), { size: this.#size, look });
    this.#isStale = false;
    this.drawMs = performance.now() - startedMs;
    this.#drawCursor();
  };

  readonly #drawCursor = (): void => {
    const context = this.#context(this.#overlay);
    const { painted } = this;
    if (context === null || painted === undefined) return;
    const { frame, x } = painted;
    const surface = new CanvasSurface(context, palette.value.font);
    if (this.#brush !== null) {
      const [from, to] = [x.to(this.#brush[0]), x.to(this.#brush[1])].sort((a, b) => a - b);
      const width = (to ?? 0) - (from ?? 0);
      const box = { x: from ?? 0, y: frame.y, width, height: frame.height };
      surface.box(box, { colour: palette.value.accent, alpha: 0.14 });
    }
    this.#readOut(surface, this.link.cursor.value);
  };

  #readOut(surface: CanvasSurface, cursor: number | null): void {
    const { painted } = this;
    if (painted === undefined) return;
    const { frame, x, y } = painted;
    const hidden = this.#options.hidden();
    const values = new Map<string, number>();
    const px = cursor === null ? Number.NaN : x.to(cursor);
    const isInside = px >= frame.x - 1 && px <= frame.x + frame.width + 1;
    if (isInside) {
      const box = { x: Math.round(px), y: frame.y, width: 1, height: frame.height };
      surface.box(box, { colour: palette.value.ink, alpha: 0.45 });
    }
    const spec = this.#options.spec();
    const look = this.look();
    for (const line of spec.lines) {
      const isSmoothed = look.isSmoothing && line.isNoisy === true;
      const points = isSmoothed ? this.#smooth(line) : line.points;
      const at = isInside && cursor !== null ? nearest(points, cursor) : points.length - 1;
      if (at < 0) continue;
      const value = points.y[at] ?? Number.NaN;
      values.set(line.key, value);
      if (!isInside || hidden.has(line.key) || spec.isStacked === true) continue;
      const dotX = x.to(points.x[at] ?? 0);
      if (Math.abs(dotX - px) > 40) continue;
      const height = y.to(value);
      if (height < frame.y || height > frame.y + frame.height) continue;
      surface.dot({ x: dotX, y: height }, 4.5, palette.value.panel);
      surface.dot({ x: dotX, y: height }, 3.2, colourOf(line, palette.value));
    }
    this.#options.readout(values, isInside ? cursor : null);
  }
}
