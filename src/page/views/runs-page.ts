/** All runs, newest first: live where they live, to be filtered and chosen for a comparison. */
import type { Run } from "#schemas/run.ts";
import { api } from "../calls/api.ts";
import { isEnded, nameOf } from "../parts/badge.ts";
import { html, useState } from "../preact.ts";
import { useLoaded } from "../state/loaded.ts";
import { go } from "../state/route.ts";
import { RunsTable } from "./runs-table.ts";
import { Welcome } from "./welcome.ts";

const pageRuns = 100;
const everyMs = 3000;

const groups = {
  all: () => true,
  active: ({ status }: Run) => !isEnded(status),
  succeeded: ({ status }: Run) => status === "succeeded",
  failed: ({ status }: Run) => status === "failed" || status === "cancelled",
} as const;
type Group = keyof typeof groups;
const groupNames = Object.keys(groups) as Group[];

function Filter(props: {
  readonly runs: readonly Run[];
  readonly group: Group;
  readonly setGroup: (group: Group) => void;
  readonly words: string;
  readonly setWords: (words: string) => void;
}) {
  const { runs, group, setGroup, words, setWords } = props;
  return html`<div class="toolbar">
    <div class="chips" role="group" aria-label="Filter by state">
      ${groupNames.map(
        (name) => html`<button key=${name} type="button" class="chip" aria-pressed=${group === name}
          onClick=${() => setGroup(name)}>${name} ${runs.filter(groups[name]).length}</button>`,
      )}
    </div>
    <input type="search" placeholder="Filter by name or setting" aria-label="Filter runs"
      value=${words} onInput=${(event: Event) =>
        setWords((event.target as HTMLInputElement).value)} />
  </div>`;
}

const textOf = (run: Run): string =>
  `${nameOf(run)} ${run.id} ${JSON.stringify(run.algorithm)} ${run.optimizer.type}`.toLowerCase();

function useChosen() {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const choose = (id: string): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  return { chosen, choose };
}

export function RunsPage() {
  const [size, setSize] = useState(pageRuns);
  const { value, error } = useLoaded(() => api.runs(size), [size], everyMs);
  const [group, setGroup] = useState<Group>("all");
  const [words, setWords] = useState("");
  const { chosen, choose } = useChosen();
  const runs = value?.data ?? [];
  const wanted = words.trim().toLowerCase();
  const shown = runs.filter(groups[group]).filter((run) => textOf(run).includes(wanted));
  const active = runs.filter(groups.active).length;
  if (value !== undefined && runs.length === 0) return html`<${Welcome} />`;
  return html`<div class="page-head">
      <div><h1>Runs</h1>
        <p>${value === undefined ? "Loading …" : active === 0 ? "Nothing is training." : `${active} active`}</p>
      </div>
      <div class="actions">
        <button type="button" class="button" disabled=${chosen.size < 2}
          onClick=${() => go(`compare?runs=${[...chosen].join(",")}`)}>
          Compare${chosen.size > 0 ? ` ${chosen.size} runs` : ""}</button>
      </div>
    </div>
    ${error !== undefined && html`<p class="fault-note">${error.message}</p>`}
    <${Filter} ...${{ runs, group, setGroup, words, setWords }} />
    ${value !== undefined && html`<${RunsTable} runs=${shown} chosen=${chosen} choose=${choose} />`}
    ${
      value?.has_more === true &&
      html`<p class="more"><button type="button" class="button" disabled=${size >= 200}
        onClick=${() => setSize(200)}>${size >= 200 ? "Older runs are in the API" : "Show more"}</button></p>`
    }`;
}
