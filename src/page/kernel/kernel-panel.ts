/** The kernel over time: heat map, slider, playback, and the figures of the step that is shown. */
import { Menu } from "../parts/menu.ts";
import { Segments } from "../parts/segments.ts";
import { download, pngFrom } from "../plot/export.ts";
import type { PlotLink } from "../plot/link.ts";
import { grouped } from "../plot/number.ts";
import { html, useEffect, useMemo, useRef, useState } from "../preact.ts";
import { complain } from "../state/toast.ts";
import type { Feed, Snap } from "../stream/feed.ts";
import { Figures } from "./figures.ts";
import { HeatMapView } from "./heat-map-view.ts";
import type { Kernel } from "./matrix.ts";
import { kernelFor, kernelNow } from "./store.ts";
import type { Choices, Measure, Order } from "./view.ts";

const framesPerSecond = 8;
const ahead = 6;

/** Which snapshot is shown; the last one, while nobody chose another. */
function useTime(snaps: readonly Snap[], link: PlotLink) {
  const [chosen, setChosen] = useState<number | null>(null);
  const [isPlaying, setPlaying] = useState(false);
  const last = snaps.length - 1;
  const at = Math.max(0, Math.min(chosen ?? last, last));
  const show = (index: number): void => {
    setChosen(index >= last ? null : index);
    link.cursor.set(snaps[index]?.step ?? null);
  };
  useEffect(() => {
    if (!isPlaying) return undefined;
    const timer = setTimeout(() => {
      if (at >= last) setPlaying(false);
      else show(at + 1);
    }, 1000 / framesPerSecond);
    return () => clearTimeout(timer);
  }, [isPlaying, at, last]);
  const play = (): void => {
    if (!isPlaying && at >= last) show(0);
    setPlaying(!isPlaying);
  };
  return { at, show, play, isPlaying };
}

/** The kernel at a place in time, and the first; the one before stays until the next is here. */
function useKernels(run: string, snaps: readonly Snap[], at: number) {
  const [shown, setShown] = useState<{ readonly kernel: Kernel; readonly first: Kernel } | null>(
    null,
  );
  const snap = snaps[at];
  const first = snaps[0];
  useEffect(() => {
    if (snap === undefined || first === undefined) return undefined;
    let isGone = false;
    const both = [kernelNow(snap.id), kernelNow(first.id)] as const;
    if (both[0] !== undefined && both[1] !== undefined)
      setShown({ kernel: both[0], first: both[1] });
    else {
      Promise.all([kernelFor(run, snap.id), kernelFor(run, first.id)]).then(
        ([kernel, start]) => {
          if (!isGone) setShown({ kernel, first: start });
        },
        (error: unknown) => {
          if (!isGone) complain(error);
        },
      );
    }
    for (const next of snaps.slice(at + 1, at + 1 + ahead)) kernelFor(run, next.id).catch(() => {});
    return () => {
      isGone = true;
    };
  }, [run, snap?.id, first?.id]);
  return shown;
}

const words: Readonly<Record<Measure | Order, string>> = {
  kernel: "Kernel",
  cosine: "Cosine",
  change: "Change",
  class: "Class",
  similarity: "Similarity",
  stored: "As stored",
};

function Options(props: {
  readonly choices: Choices;
  readonly change: (part: Partial<Choices>) => void;
  readonly kernel: Kernel;
}) {
  const { choices, change, kernel } = props;
  const wordOf = (value: Measure | Order): string => words[value];
  const orders: readonly Order[] =
    kernel.classes === undefined ? ["similarity", "stored"] : ["class", "similarity", "stored"];
  return html`<div class="options">
    <div class="row"><span class="note">Show</span>
      <${Segments} label="What is shown" name="measure" values=${["kernel", "cosine", "change"]}
        value=${choices.measure} choose=${(measure: Measure) => change({ measure })}
          wordOf=${wordOf} /></div>
    <div class="row"><span class="note">Order</span>
      <${Segments} label="Order of examples" name="order" values=${orders}
        value=${choices.order} choose=${(order: Order) => change({ order })} wordOf=${wordOf}
          /></div>
    <div class="row">
      <label class="check"><input type="checkbox" checked=${choices.isFixed} onChange=${() =>
        change({ isFixed: !choices.isFixed })} />Same colours at all steps</label>
      ${
        kernel.whole !== undefined &&
        html`<label class="check"><input type="checkbox" checked=${choices.isWhole} onChange=${() =>
          change({ isWhole: !choices.isWhole })} />All outputs</label>`
      }
    </div>
  </div>`;
}

function Time(props: ReturnType<typeof useTime> & { readonly snaps: readonly Snap[] }) {
  const { at, show, play, isPlaying, snaps } = props;
  const step = snaps[at]?.step ?? 0;
  return html`<div class="kernel-time">
    <button type="button" class="play" disabled=${snaps.length < 2} onClick=${play}
      aria-label=${isPlaying ? "Stop the playback" : "Play the kernel over time"}>
      <svg viewBox="0 0 14 14" aria-hidden="true"><path d=${
        isPlaying ? "M3 2h3v10H3zM8 2h3v10H8z" : "M3 1.500l9 5.500-9 5.500z"
      } /></svg>
    </button>
    <input type="range" min="0" max=${Math.max(0, snaps.length - 1)} value=${at}
      aria-label="Snapshot" aria-valuetext=${`step ${step}, ${at + 1} of ${snaps.length}`}
      onInput=${(event: Event) => show(Number((event.target as HTMLInputElement).value))} />
    <output>step ${grouped(step)}</output>
  </div>`;
}

export function KernelPanel({ feed, link }: { readonly feed: Feed; readonly link: PlotLink }) {
  const kept = feed.snapshots.filter(({ digest }) => digest !== null);
  const snaps = useMemo(() => kept, [kept.length]);
  const time = useTime(snaps, link);
  const shown = useKernels(feed.run, snaps, time.at);
  const canvas = useRef<HTMLCanvasElement | null>(null);
  const [choices, setChoices] = useState<Choices>({
    measure: "kernel",
    order: "class",
    isWhole: false,
    isFixed: true,
  });
  const snap = snaps[time.at];
  if (snap === undefined) return null;
  const order =
    shown?.first.classes === undefined && choices.order === "class" ? "similarity" : choices.order;
  const save = (): void => {
    if (canvas.current === null) return;
    pngFrom(canvas.current).then(
      (file) => download(`kernel-step-${snap.step}.png`, file),
      complain,
    );
  };
  return html`<section class="card kernel-card" aria-label="Kernel over time">
    ${
      shown === null
        ? html`<div class="kernel-stage empty">Loading the kernel …</div>`
        : html`<${HeatMapView} shown=${shown} choices=${{ ...choices, order }} canvas=${canvas}
            label=${`Kernel at step ${snap.step} over ${snap.examples} ${snap.split} examples`} />`
    }
    <div class="kernel-side">
      <div class="item-head"><div><h3>Neural tangent kernel</h3>
        <p class="note">${snap.kernel} kernel on ${snap.examples} ${snap.split} examples,
          ${" "}${snaps.length} snapshots</p></div>
        <${Menu} label="More for the kernel" entries=${[{ label: "Save as PNG", act: save }]}
          /></div>
      <${Time} ...${time} snaps=${snaps} />
      ${
        shown !== null &&
        html`<${Options} kernel=${shown.kernel} choices=${{ ...choices, order }}
          change=${(part: Partial<Choices>) => setChoices({ ...choices, ...part })} />`
      }
      <${Figures} snap=${snap} />
    </div>
  </section>`;
}
