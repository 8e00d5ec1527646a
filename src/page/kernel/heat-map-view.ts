/** The heat map in the page: sized to its column, redrawn with theme and time, read by pointing. */
import { short } from "../plot/number.ts";
import { html, useEffect, useMemo, useRef, useState } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { palette } from "../state/theme.ts";
import { cellAt, drawHeatMap, type HeatMap } from "./heat-map.ts";
import type { Kernel } from "./matrix.ts";
import { type Choices, mapOf, orderOf } from "./view.ts";

interface Shown {
  readonly kernel: Kernel;
  readonly first: Kernel;
}

/** Width of the element that the reference is on, followed. */
function useSide() {
  const host = useRef<HTMLDivElement | null>(null);
  const [side, setSide] = useState(0);
  useEffect(() => {
    const element = host.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSide(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { host, side };
}

function ColourBar({ map }: { readonly map: HeatMap }) {
  const canvas = useRef<HTMLCanvasElement | null>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (context === undefined || context === null) return undefined;
    const pixels = new ImageData(256, 1);
    for (let i = 0; i < 256; i += 1) {
      for (let part = 0; part < 3; part += 1)
        pixels.data[4 * i + part] = map.colours[3 * i + part] ?? 0;
      pixels.data[4 * i + 3] = 255;
    }
    context.putImageData(pixels, 0, 0);
    return undefined;
  }, [map.colours]);
  const [low, high] = map.range;
  return html`<div class="colour-bar">
    <canvas ref=${canvas} width="256" height="1" aria-hidden="true"></canvas>
    <span>≤ ${short(low)}</span><span>${short((low + high) / 2)}</span><span>≥ ${short(high)}</span>
  </div>`;
}

export function HeatMapView(props: {
  readonly shown: Shown;
  readonly choices: Choices;
  readonly canvas: { current: HTMLCanvasElement | null };
  readonly label: string;
}) {
  const { shown, choices, canvas, label } = props;
  const { host, side } = useSide();
  const colours = useCell(palette);
  const [words, setWords] = useState("");
  const held = useRef<{ readonly key: string; readonly range: readonly [number, number] } | null>(
    null,
  );
  const order = useMemo(() => orderOf(shown.first, choices.order), [shown.first, choices.order]);
  const map = useMemo(() => {
    const key = `${choices.measure} ${choices.isWhole} ${choices.isFixed}`;
    const before = held.current?.key === key ? held.current.range : undefined;
    const made = mapOf({ ...shown, order, choices, isDark: colours.isDark, held: before });
    held.current = { key, range: made.range };
    return made;
  }, [shown, order, choices.measure, choices.isWhole, choices.isFixed, choices.order, colours]);
  useEffect(() => {
    if (canvas.current !== null && side > 0) {
      drawHeatMap(canvas.current, map, { side, palette: colours });
    }
    return undefined;
  }, [map, side, colours]);
  const point = (event: PointerEvent): void => {
    const box = (event.target as HTMLElement).getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    const cell = cellAt(map, side, at);
    if (cell === undefined) return setWords("");
    const [row, column] = cell;
    const value = map.matrix.data[row * map.matrix.size + column] ?? Number.NaN;
    const classes =
      map.classes === undefined ? "" : `, classes ${map.classes[row]} and ${map.classes[column]}`;
    setWords(`row ${row + 1}, column ${column + 1}${classes}: ${short(value)}`);
  };
  return html`<div class="kernel-stage" ref=${host}>
    <canvas ref=${canvas} role="img" aria-label=${label} onPointerMove=${point}
      onPointerLeave=${() => setWords("")}></canvas>
    <p class="cell-readout note">${words === "" ? "\u00a0" : words}</p>
    <${ColourBar} map=${map} />
  </div>`;
}
