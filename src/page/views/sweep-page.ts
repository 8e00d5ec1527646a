/** One sweep: how far it is, its curves, its map, its summary, its runs. */
import type { ResultName, SweepResults } from "#schemas/sweep.ts";
import { call, respond } from "../calls/request.ts";
import { ChoiceField } from "../form/fields.ts";
import { download } from "../plot/export.ts";
import { grouped } from "../plot/number.ts";
import { html, useEffect, useState } from "../preact.ts";
import { throttled } from "../state/frame.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { attempt } from "../state/toast.ts";
import { streamAddress } from "../stream/feeds.ts";
import { followSweep } from "../stream/sweep-socket.ts";
import { SweepCurves } from "./sweep-curves.ts";
import { fieldsOf, figureWords } from "./sweep-figures.ts";
import { SweepMap } from "./sweep-map.ts";
import { CellTable, SummaryTables } from "./sweep-tables.ts";

/** Between two readings of the table, however much the stream has to tell. */
const readMs = 500;
const figures = Object.entries(figureWords).map(([value, label]) => ({ value, label }));

const ended = (status: SweepResults["status"]): boolean =>
  status === "completed" || status === "cancelled" || status === "failed";

function Actions({ sweep, reload }: { readonly sweep: SweepResults; readonly reload: () => void }) {
  const path = `/v1/sweeps/${sweep.id}`;
  const act = async (action: string): Promise<void> => {
    if (await attempt(() => call(`${path}/${action}`, { method: "POST" }))) reload();
  };
  const save = async (): Promise<void> => {
    await attempt(async () => {
      const response = await respond(path, { headers: { accept: "text/csv" } });
      download(`${sweep.id}.csv`, await response.blob());
    });
  };
  const remove = async (): Promise<void> => {
    if (await attempt(() => call(path, { method: "DELETE" }), "The sweep was deleted"))
      go("sweeps");
  };
  const button = (label: string, onClick: () => unknown, kind = "") =>
    html`<button key=${label} type="button" class=${`button ${kind}`} onClick=${onClick}>${label}</button>`;
  return html`<div class="actions">
    ${sweep.status === "running" && button("Pause", () => act("pause"))}
    ${sweep.status === "paused" && button("Resume", () => act("resume"), "primary")}
    ${!ended(sweep.status) && button("Cancel", () => act("cancel"), "danger")}
    ${button("CSV", save)}
    ${ended(sweep.status) && button("Delete", remove, "danger")}
  </div>`;
}

function Progress({ sweep }: { readonly sweep: SweepResults }) {
  const { counts, total } = sweep;
  const done = counts.succeeded + counts.failed + counts.cancelled;
  const words = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([status, count]) => `${grouped(count)} ${status}`)
    .join(" · ");
  return html`<div class="run-bar"><progress max=${total} value=${done} aria-label="Cells that ended"
      data-ended=${ended(sweep.status) || undefined}></progress>
    <span class="note">${words} of ${grouped(total)} cells</span></div>`;
}

export function SweepPage({ id }: { readonly id: string }) {
  const load = () => call<SweepResults>(`/v1/sweeps/${id}`);
  const { value: sweep, error, reload } = useLoaded(load, [id]);
  useEffect(() => {
    const path = `/v1/sweeps/${id}/stream?history=false&kinds=status,evaluation,snapshot`;
    const address = () => streamAddress(path);
    return followSweep({ address, act: throttled(readMs, reload) });
  }, [id]);
  const [chosen, setChosen] = useState<ResultName>("linearised_test_accuracy");
  if (sweep === undefined) {
    return html`<h1 class="unseen">Sweep</h1>
      <section class="card empty">${error === undefined ? "Loading …" : error.message}</section>`;
  }
  const fields = fieldsOf(sweep);
  return html`<div class="page-head"><div><h1>${sweep.name ?? sweep.id}</h1>
      <div class="crumbs"><span class="tag">${sweep.status}</span>
        <span class="mono">${sweep.id}</span></div></div>
      <${Actions} sweep=${sweep} reload=${reload} /></div>
    ${sweep.error !== null && html`<p class="fault-note section">${sweep.error.message}</p>`}
    <${Progress} sweep=${sweep} />
    <div class="section-head"><h2>Results</h2>
      <${ChoiceField} id="sweep-figure" label="Figure" value=${chosen} choices=${figures}
        change=${(value: string) => setChosen(value as ResultName)} /></div>
    <${SweepCurves} sweep=${sweep} figure=${chosen} />
    <div class="stack">
      ${fields.length > 1 && html`<${SweepMap} sweep=${sweep} fields=${fields} figure=${chosen} />`}
      <${SummaryTables} sweep=${sweep} />
      <${CellTable} sweep=${sweep} fields=${fields} figure=${chosen} />
    </div>`;
}
