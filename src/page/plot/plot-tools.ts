/** What acts on all plots of a page at once: smoothing, the axis of steps, anchors, the zoom. */
import { html } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import type { PlotLink } from "./link.ts";

/** The slider's end is close to, not at, the whole past. */
const weightMost = 0.995;
const places = 100;

export function PlotTools({
  link,
  hasAnchors,
}: {
  readonly link: PlotLink;
  readonly hasAnchors: boolean;
}) {
  const weight = useCell(link.smoothing);
  const range = useCell(link.range);
  const xKind = useCell(link.xKind);
  const isMarked = useCell(link.hasAnchors);
  // Even steps of the slider are even factors of the averaging length.
  const place = Math.round(places * (Math.log(1 - weight) / Math.log(1 - weightMost)));
  const smooth = (event: Event): void => {
    const at = Number((event.target as HTMLInputElement).value) / places;
    link.smoothing.set(1 - (1 - weightMost) ** at);
  };
  return html`<div class="plot-tools" role="group" aria-label="All plots">
    ${
      range !== null &&
      html`<button type="button" class="chip" aria-pressed="true" onClick=${() => link.range.set(null)}>
        Show all steps</button>`
    }
    <label>Smoothing <input type="range" min="0" max=${places} value=${place} onInput=${smooth}
      aria-valuetext=${weight === 0 ? "none" : `about ${Math.round(1 / (1 - weight))} steps`} /></label>
    <button type="button" class="chip" aria-pressed=${xKind === "log"}
      onClick=${() => link.xKind.set(xKind === "log" ? "linear" : "log")}>log steps</button>
    ${
      hasAnchors &&
      html`<button type="button" class="chip" aria-pressed=${isMarked}
        onClick=${() => link.hasAnchors.set(!isMarked)}>anchors</button>`
    }
  </div>`;
}
