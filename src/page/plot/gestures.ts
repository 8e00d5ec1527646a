/** What hands do to a plot: point, drag to zoom, shift-drag to move, wheel, keys. */
import type { Stop } from "../state/cell.ts";
import type { PlotLink } from "./link.ts";
import type { Painted } from "./paint.ts";

export interface Pointed {
  readonly painted: Painted | undefined;
  readonly link: PlotLink;
  brush(stretch: readonly [number, number] | null): void;
}

const clickPixels = 5;
const keyPixels = 6;
const zoomFactor = 1.5;

/** Shows a part of x, `factor` times as wide, with `centre` in the same place. */
function zoom({ painted, link }: Pointed, centre: number, factor: number): void {
  if (painted === undefined) return;
  const { x, frame } = painted;
  const pivot = x.to(centre);
  const from = x.from(pivot + (frame.x - pivot) * factor);
  const to = x.from(pivot + (frame.x + frame.width - pivot) * factor);
  link.range.set([from, to]);
}

function move({ painted, link }: Pointed, pixels: number): void {
  if (painted === undefined) return;
  const { x, frame } = painted;
  link.range.set([x.from(frame.x - pixels), x.from(frame.x + frame.width - pixels)]);
}

/** Moves the cursor by pixels, or to where it comes into the frame. */
function step({ painted, link }: Pointed, pixels: number): void {
  if (painted === undefined) return;
  const { x, frame } = painted;
  const now = link.cursor.value === null ? frame.x : x.to(link.cursor.value);
  const to = Math.min(frame.x + frame.width, Math.max(frame.x, now + pixels));
  link.cursor.set(x.from(to));
}

function pressed(pointed: Pointed, event: KeyboardEvent): boolean {
  const { link, painted } = pointed;
  const many = event.shiftKey ? 8 : 1;
  const width = painted?.frame.width ?? 0;
  const [low, high] = painted?.x.domain ?? [0, 1];
  const centre = link.cursor.value ?? (low + high) / 2;
  const acts: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => step(pointed, -keyPixels * many),
    ArrowRight: () => step(pointed, keyPixels * many),
    Home: () => step(pointed, -width),
    End: () => step(pointed, width),
    "+": () => zoom(pointed, centre, 1 / zoomFactor),
    "=": () => zoom(pointed, centre, 1 / zoomFactor),
    "-": () => zoom(pointed, centre, zoomFactor),
    "0": () => link.range.set(null),
    Escape: () => {
      link.cursor.set(null);
      link.range.set(null);
    },
  };
  const act = acts[event.key];
  act?.();
  return act !== undefined;
}

/** The pointer's way from down to up. */
class Drag {
  readonly #pointed: Pointed;
  #fromPx: number | undefined;
  #lastPx = 0;
  #isMoving = false;

  constructor(pointed: Pointed) {
    this.#pointed = pointed;
  }

  begin(px: number, isMoving: boolean): void {
    this.#fromPx = px;
    this.#lastPx = px;
    this.#isMoving = isMoving;
  }

  go(px: number): void {
    const { painted } = this.#pointed;
    if (this.#fromPx === undefined || painted === undefined) return;
    if (this.#isMoving) {
      move(this.#pointed, px - this.#lastPx);
      this.#lastPx = px;
      return;
    }
    if (Math.abs(px - this.#fromPx) < clickPixels) return;
    this.#pointed.brush([painted.x.from(this.#fromPx), painted.x.from(px)]);
  }

  end(px: number): void {
    const { painted, link } = this.#pointed;
    const from = this.#fromPx;
    this.#fromPx = undefined;
    this.#pointed.brush(null);
    if (from === undefined || painted === undefined || this.#isMoving) return;
    if (Math.abs(px - from) < clickPixels) return;
    const { frame, x } = painted;
    const inside = (value: number) => Math.min(frame.x + frame.width, Math.max(frame.x, value));
    link.range.set([x.from(inside(Math.min(from, px))), x.from(inside(Math.max(from, px)))]);
  }
}

/** Listens until the returned function is called. */
export function listen(host: HTMLElement, pointed: Pointed): Stop {
  const controller = new AbortController();
  const { signal } = controller;
  const drag = new Drag(pointed);
  const at = (event: MouseEvent): number => event.clientX - host.getBoundingClientRect().left;
  const on = <K extends keyof HTMLElementEventMap>(
    kind: K,
    act: (event: HTMLElementEventMap[K]) => void,
  ): void => host.addEventListener(kind, act, { signal, passive: false });
  on("pointermove", (event) => {
    const { painted, link } = pointed;
    if (painted === undefined) return;
    link.cursor.set(painted.x.from(at(event)));
    drag.go(at(event));
  });
  on("pointerleave", () => pointed.link.cursor.set(null));
  on("pointerdown", (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return;
    host.setPointerCapture(event.pointerId);
    drag.begin(at(event), event.shiftKey);
  });
  on("pointerup", (event) => drag.end(at(event)));
  on("dblclick", () => pointed.link.range.set(null));
  on("wheel", (event) => {
    // The plain wheel scrolls the page; with ctrl, or a pinch, it zooms.
    if (!event.ctrlKey || pointed.painted === undefined) return;
    event.preventDefault();
    zoom(pointed, pointed.painted.x.from(at(event)), Math.exp(event.deltaY / 300));
  });
  on("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (pressed(pointed, event)) event.preventDefault();
  });
  return () => controller.abort();
}
