/** Beside the plots of a run: what was said in its log, its checkpoints, what was asked for. */
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { nameOf } from "../parts/badge.ts";
import { download } from "../plot/export.ts";
import { amount, bytes, duration, grouped } from "../plot/number.ts";
import { html } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { attempt } from "../state/toast.ts";
import type { Feed, Told } from "../stream/feed.ts";
import { changeWords } from "./steering.ts";

const toldShown = 60;

function wordsOf(event: Told): readonly [string, string] {
  switch (event.type) {
    case "status":
      return [
        `${event.data.status}${event.data.reason === undefined ? "" : `: ${event.data.reason}`}` +
          `${event.data.error === undefined ? "" : `: ${event.data.error.message}`}`,
        event.data.status === "failed" ? "error" : "",
      ];
    case "steered":
      return [`step ${grouped(event.data.step)}: ${changeWords(event.data.changes)}`, ""];
    case "log":
      return [event.data.message, event.data.level];
    default:
      return event satisfies never;
  }
}

export function LogCard({ feed }: { readonly feed: Feed }) {
  const shown = feed.told.slice(-toldShown).reverse();
  return html`<section class="card padded"><h2>Log</h2>
    <ul class="told" tabindex="0" aria-label="Log, newest first">
      ${shown.map((event) => {
        const [words, level] = wordsOf(event);
        return html`<li key=${event.seq}><time datetime=${event.time}>
          ${new Date(event.time).toLocaleTimeString()}</time><span class=${level}>${words}</span></li>`;
      })}
    </ul>
  </section>`;
}

export function CheckpointCard({ feed, run }: { readonly feed: Feed; readonly run: Run }) {
  const last = feed.checkpoints.at(-1)?.id ?? "";
  const { value } = useLoaded(() => api.checkpoints(run.id), [run.id, last]);
  if (value === undefined || value.length === 0) return null;
  const save = (id: string, step: number): Promise<boolean> =>
    attempt(async () => download(`${run.id}-${step}.safetensors`, await api.weights(run.id, id)));
  return html`<section class="card padded"><h2>Checkpoints</h2>
    <ul class="plain-list">
      ${value.map(
        ({ id, step, bytes: size, final }) => html`<li key=${id}>
          <span>step ${grouped(step)}${final ? ", final" : ""}</span>
          <button type="button" class="link-button" onClick=${() => save(id, step)}>weights</button> <span class="note">${bytes(size)}</span></li>`,
      )}
    </ul>
  </section>`;
}

function tookWords({ started_at: from, finished_at: to }: Run): string {
  if (from === null) return "–";
  const end = to === null ? Date.now() : Date.parse(to);
  return duration((end - Date.parse(from)) / 1000);
}

export function SettingsCard({ run }: { readonly run: Run }) {
  const model = useLoaded(() => api.model(run.model), [run.model]);
  const dataset = useLoaded(() => api.dataset(run.dataset), [run.dataset]);
  const { plan, optimizer } = run;
  const facts: readonly (readonly [string, unknown])[] = [
    [
      "Model",
      html`<a href=${`#/models/${run.model}`}>${model.value === undefined ? run.model : nameOf(model.value)}</a>`,
    ],
    [
      "Data",
      html`<a href="#/data">${dataset.value === undefined ? run.dataset : nameOf(dataset.value)}</a>`,
    ],
    ["Loss", run.loss.replaceAll("_", " ")],
    [
      "Optimiser",
      `${optimizer.type}${optimizer.momentum ? `, momentum ${optimizer.momentum}` : ""}`,
    ],
    ["Batch", String(run.batch_size)],
    ["Seed", String(run.seed)],
    ["Numbers", run.dtype],
    ["Took", tookWords(run)],
    ...(plan === null
      ? []
      : ([
          ["Solver", plan.solver.replaceAll("_", " ")],
          ["Engine", `${plan.engine} on ${plan.device}`],
          ["Work", amount(plan.flops, "FLOP")],
          ["Memory", bytes(plan.memory_bytes)],
        ] as const)),
  ];
  return html`<section class="card padded"><h2>Settings</h2>
    <dl class="facts">${facts.map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${value}</dd>`)}</dl>
    ${plan !== null && html`<p class="note plan-reason">${plan.reason}</p>`}
  </section>`;
}
