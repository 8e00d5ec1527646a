/** A plot with its title, legend, readouts and menu; readable as a table, and by name. */

import { Menu } from "../parts/menu.ts";
import { html, useEffect, useMemo, useRef, useState } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { palette } from "../state/theme.ts";
import { complain } from "../state/toast.ts";
import { Chart } from "./chart.ts";
import { colourOf } from "./colour.ts";
import { csvOf, download, fileName, pngOf, svgOf } from "./export.ts";
import type { PlotLink } from "./link.ts";
import { short } from "./number.ts";
import { PlotTable } from "./plot-table.ts";
import type { ScaleKind } from "./scale.ts";
import type { Line, Spec } from "./spec.ts";

export interface ChartCardProps {
  readonly title: string;
  readonly hint?: string;
  readonly link: PlotLink;
  readonly lines: readonly Line[];
  readonly spec?: Partial<Spec>;
  readonly kind?: ScaleKind;
  /** Registers a function that redraws; returns what ends that. */
  readonly onData?: (redraw: () => void) => () => void;
  readonly isWide?: boolean;
  readonly empty?: string;
  /** Entries of the legend at most; curves beyond follow the order of these. */
  readonly legendMax?: number;
}

const summaryOf = (spec: Spec): string =>
  spec.lines
    .filter(({ points }) => points.length > 0)
    .map(({ label, points }) => `${label} ${short(points.y[points.length - 1] ?? Number.NaN)}`)
    .join(", ");

/** The chart and what changes it, kept between redraws of the component. */
function useChart(props: ChartCardProps, spec: Spec, hidden: ReadonlySet<string>) {
  const host = useRef<HTMLDivElement | null>(null);
  const chart = useRef<Chart | null>(null);
  const readouts = useRef(new Map<string, HTMLElement>());
  const now = useRef({ spec, hidden });
  now.current = { spec, hidden };
  useEffect(() => {
    if (host.current === null) return undefined;
    const made = new Chart({
      host: host.current,
      link: props.link,
      spec: () => now.current.spec,
      hidden: () => now.current.hidden,
      readout: (values) => {
        const format = now.current.spec.format ?? short;
        for (const [key, element] of readouts.current) {
          const value = values.get(key);
          const text = value === undefined ? "" : format(value);
          if (element.textContent !== text) element.textContent = text;
        }
      },
    });
    chart.current = made;
    return () => made.destroy();
  }, [props.link]);
  useEffect(() => props.onData?.(() => chart.current?.grow()), [props.onData]);
  useEffect(() => {
    chart.current?.grow();
    return undefined;
  });
  useEffect(() => {
    chart.current?.invalidate();
    return undefined;
  }, [spec.yKind, hidden]);
  return { host, chart, readouts };
}

function Legend(props: {
  readonly spec: Spec;
  readonly hidden: ReadonlySet<string>;
  readonly toggle: (key: string) => void;
  readonly readouts: Map<string, HTMLElement>;
  readonly most: number;
}) {
  const colours = useCell(palette);
  const { spec, hidden, toggle, readouts, most } = props;
  const rest = spec.lines.length - most;
  return html`<ul class="legend">
    ${spec.lines.slice(0, most).map(
      (line) => html`<li key=${line.key}>
        <button type="button" class="legend-entry" aria-pressed=${!hidden.has(line.key)}
          onClick=${() => toggle(line.key)} title=${`Show or hide ${line.label}`}>
          <svg class="swatch" viewBox="0 0 18 8" aria-hidden="true">
            <line x1="0" y1="4" x2="18" y2="4" stroke=${colourOf(line, colours)}
              stroke-width=${line.isFaint === true ? 1.4 : 2.4}
              stroke-dasharray=${line.isDashed === true ? "4 3" : "none"} />
          </svg>
          <span class="legend-name">${line.label}</span>
          <span class="legend-value" ref=${(element: HTMLElement | null) => {
            if (element === null) readouts.delete(line.key);
            else readouts.set(line.key, element);
          }}></span>
        </button>
      </li>`,
    )}
    ${rest > 0 && html`<li class="legend-rest">and ${rest} more</li>`}
  </ul>`;
}

/** Files that the menu offers. */
function filesOf(spec: () => Spec, chart: { readonly current: Chart | null }) {
  const save = async (kind: "png" | "svg" | "csv"): Promise<void> => {
    const look = chart.current?.look();
    if (look === undefined) return;
    const name = `${fileName(spec().title)}.${kind}`;
    if (kind === "csv") download(name, csvOf(spec()));
    else if (kind === "svg") download(name, svgOf(spec(), look));
    else download(name, await pngOf(spec(), look));
  };
  return (["png", "svg", "csv"] as const).map((kind) => ({
    label: `Save as ${kind.toUpperCase()}`,
    act: () => void save(kind).catch(complain),
  }));
}

export function ChartCard(props: ChartCardProps) {
  const [kind, setKind] = useState<ScaleKind>(props.kind ?? "linear");
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [isTable, setTable] = useState(false);
  const [isLarge, setLarge] = useState(false);
  const xKind = useCell(props.link.xKind);
  const { title, lines } = props;
  const base = { title, lines, xLabel: "step", xKind, yKind: kind } as const;
  const spec: Spec = { ...base, ...props.spec };
  const { host, chart, readouts } = useChart(props, spec, hidden);
  const toggle = (key: string): void => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const isEmpty = lines.every(({ points }) => points.length === 0);
  const entries = useMemo(
    () => filesOf(() => ({ ...base, ...props.spec }), chart),
    [props, kind, xKind],
  );
  const menu = [
    { label: isTable ? "Show as plot" : "Show as table", act: () => setTable(!isTable) },
    { label: isLarge ? "Smaller" : "Larger", act: () => setLarge(!isLarge) },
    ...entries,
  ];
  const label = `${title}. ${isEmpty ? "No data yet." : summaryOf(spec)}`;
  const size = `${props.isWide === true || isLarge ? " wide" : ""}${isLarge ? " large" : ""}`;
  return html`<figure class=${`card chart-card${size}`} aria-label=${title}>
    <figcaption class="card-head">
      <h3 title=${props.hint}>${title}</h3>
      <div class="card-tools">
        ${
          props.spec?.yDomain === undefined &&
          props.spec?.isStacked !== true &&
          html`<button type="button" class="chip" aria-pressed=${kind === "log"}
            title="Logarithmic axis" onClick=${() => setKind(kind === "log" ? "linear" : "log")}>
            log</button>`
        }
        <${Menu} label=${`More for ${title}`} entries=${menu} />
      </div>
    </figcaption>
    <${Legend} ...${{ spec, hidden, toggle, readouts: readouts.current }}
      most=${props.legendMax ?? lines.length} />
    <div class="plot" tabindex="0" role="img" hidden=${isTable} ref=${host}
      aria-label=${label}></div>
    ${isEmpty && !isTable && html`<p class="plot-empty">${props.empty ?? "Nothing measured yet."}</p>`}
    ${isTable && html`<${PlotTable} spec=${spec} />`}
  </figure>`;
}
