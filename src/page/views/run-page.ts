/** One run: its numbers, plots, kernel, and everything that can be done with it, live. */
import { KernelPanel } from "../kernel/kernel-panel.ts";
import { newLink } from "../plot/link.ts";
import { PlotTools } from "../plot/plot-tools.ts";
import { html, useMemo } from "../preact.ts";
import { useFeed } from "../stream/feeds.ts";
import { KernelCharts } from "./kernel-charts.ts";
import { useRun } from "./live-run.ts";
import { RunCharts } from "./run-charts.ts";
import { RunHead } from "./run-head.ts";
import { CheckpointCard, LogCard, SettingsCard } from "./run-side.ts";
import { SteerPanel } from "./steering.ts";

export function RunPage({ id }: { readonly id: string }) {
  const feed = useFeed(id);
  const { value: run, error, reload } = useRun(id, feed);
  const link = useMemo(newLink, [id]);
  if (run === undefined) {
    return html`<h1 class="unseen">Run</h1>
      <section class="card empty">${error === undefined ? "Loading …" : error.message}</section>`;
  }
  const isLinearised = run.algorithm.type === "linearised";
  return html`<${RunHead} run=${run} feed=${feed} reload=${reload} />
    <div class="split">
      <div>
        <section class="section">
          <div class="section-head"><h2>Training</h2>
            <${PlotTools} link=${link} hasAnchors=${isLinearised} /></div>
          <${RunCharts} run=${run} feed=${feed} link=${link} />
        </section>
        ${
          feed.snapshots.length > 0 &&
          html`<section class="section">
            <div class="section-head"><h2>Kernel</h2></div>
            <div class="stack">
              <${KernelPanel} feed=${feed} link=${link} />
              <${KernelCharts} feed=${feed} link=${link} />
            </div>
          </section>`
        }
      </div>
      <aside aria-label="About this run">
        <${SteerPanel} run=${run} feed=${feed} reload=${reload} />
        <${SettingsCard} run=${run} />
        <${CheckpointCard} run=${run} feed=${feed} />
        <${LogCard} feed=${feed} />
      </aside>
    </div>`;
}
