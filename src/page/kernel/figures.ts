/** The figures of one snapshot, and each layer's share of the trace as bars. */
import { percent, short } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useCell } from "../state/cell.ts";
import { palette } from "../state/theme.ts";
import { figure, type Snap } from "../stream/feed.ts";

/** Figures that not every snapshot has. */
function more(snap: Snap): (readonly [string, string])[] {
  const { velocity = null, linearisation_gap: gap = null, relative_distance: moved = null } = snap;
  const { accuracy = null, first_accuracy: first = null } = snap.after_kernel ?? {};
  return [
    ...(velocity === null ? [] : [["Velocity a step", short(figure(velocity))] as const]),
    ...(gap === null ? [] : [["Linearisation gap", short(figure(gap))] as const]),
    ...(moved === null ? [] : [["Weights moved by", percent(figure(moved))] as const]),
    ...(accuracy === null
      ? []
      : [
          [
            "Kernel alone",
            `${percent(figure(accuracy))}, first ${percent(figure(first))}`,
          ] as const,
        ]),
  ];
}

export function Figures({ snap }: { readonly snap: Snap }) {
  const colours = useCell(palette);
  const facts = [
    ["Alignment with labels", short(figure(snap.alignment))],
    ["Centred alignment", short(figure(snap.centred_alignment))],
    ["Distance to the first", short(figure(snap.distance_to_first))],
    ["Effective rank", short(figure(snap.effective_rank))],
    ["Condition number", short(figure(snap.condition_number))],
    ["λ max / n", short(figure(snap.lambda_max))],
    ["Stable learning rate", short(figure(snap.stable_learning_rate))],
    ...more(snap),
  ] as const;
  const shares = Object.entries(snap.layer_share);
  return html`<dl class="facts compact">
      ${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}
    </dl>
    <div class="shares">
      <span class="note">Share of each layer in the trace</span>
      <svg class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none" role="img"
        aria-label=${shares.map(([name, share]) => `${name} ${percent(figure(share))}`).join(", ")}>
        ${bars(shares.map(([, share]) => figure(share))).map(
          ({ from, width }, i) => html`<rect key=${i} x=${from} y="0" width=${width} height="6"
            fill=${colours.series[i % colours.series.length]} />`,
        )}
      </svg>
      <ul class="share-names">
        ${shares.map(
          (
            [name, share],
            i,
          ) => html`<li key=${name}><span class="swatch-dot"><svg viewBox="0 0 10 10"
            aria-hidden="true"><rect width="10" height="10" fill=${
              colours.series[i % colours.series.length]
            }
            /></svg></span>${name} <span class="note">${percent(figure(share))}</span></li>`,
        )}
      </ul>
    </div>`;
}

function bars(shares: readonly number[]): { readonly from: number; readonly width: number }[] {
  let from = 0;
  return shares.map((share) => {
    const width = Number.isFinite(share) ? 100 * share : 0;
    const bar = { from, width: Math.max(0, width - 0.4) };
    from += width;
    return bar;
  });
}
