/**
 * The study's hands: data sets, models and sweeps through the public API, each made once. A sweep
 * that the service knows already, by its request, is waited for and not submitted again, so that a
 * study that was cut short goes on.
 */
import { createHash } from "node:crypto";
import type { Api, Page, PageRequest } from "#cli/api.ts";
import { CommandError } from "#cli/exit.ts";
import { hasEnded } from "#client/follow-sweep.ts";
import type { EventData, EventKind } from "#schemas/event.ts";
import type { GeneratorSpec } from "#schemas/generator.ts";
import type { Definition } from "#schemas/model.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { SweepCounts, SweepRequest, SweepResults, SweepRow } from "#schemas/sweep.ts";

/** What a sweep is known by. */
const label = "paper";
const requestLabel = "request";
const pageLimit = 200;
/** Of a request's digest: enough to tell requests apart. */
const digestDigits = 32;

export interface StudyOptions {
  readonly api: Api;
  readonly interrupt: AbortSignal;
  readonly onProgress: (key: string, done: number, total: number) => void;
}

export type Values = Readonly<Record<string, unknown>>;

async function* all<T>(read: (page: PageRequest) => Promise<Page<T>>): AsyncGenerator<T> {
  let after: string | null = null;
  do {
    const page: Page<T> = await read({ limit: pageLimit, ...(after === null ? {} : { after }) });
    yield* page.data;
    after = page.has_more ? page.next_cursor : null;
  } while (after !== null);
}

const digestOf = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, digestDigits);

const endedOf = (counts: SweepCounts): number =>
  counts.succeeded + counts.failed + counts.cancelled;

export class Study {
  readonly api: Api;
  readonly #options: StudyOptions;
  readonly #datasets = new Map<string, string>();
  readonly #models = new Map<string, string>();
  #isRead = false;
  /** Of all sweeps that were asked for since it was last taken. */
  #spent = { runs: 0, trainingSeconds: 0 };

  constructor(options: StudyOptions) {
    this.#options = options;
    this.api = options.api;
  }

  /** What the service has already, by name. */
  async #read(): Promise<void> {
    if (this.#isRead) return;
    this.#isRead = true;
    const { api } = this;
    for await (const { id, name } of all((page) => api.datasets(page))) {
      if (name !== null) this.#datasets.set(name, id);
    }
    for await (const { id, name } of all((page) => api.models(page))) {
      if (name !== null) this.#models.set(name, id);
    }
  }

  async dataset(generator: GeneratorSpec): Promise<string> {
    await this.#read();
    const name = `${label} ${generator.type} ${digestOf(generator)}`;
    const known = this.#datasets.get(name);
    if (known !== undefined) return known;
    const { id } = await this.api.createDataset({ name, generator });
    this.#datasets.set(name, id);
    return id;
  }

  async model(definition: Definition): Promise<string> {
    await this.#read();
    const name = `${label} ${digestOf(definition)}`;
    const known = this.#models.get(name);
    if (known !== undefined) return known;
    const { id } = await this.api.createModel({ name, definition });
    this.#models.set(name, id);
    return id;
  }

  /** The results of a sweep, once it has ended. */
  async sweep(key: string, request: SweepRequest): Promise<SweepResults> {
    const { api } = this;
    const { interrupt, onProgress } = this.#options;
    const metadata = { [label]: key, [requestLabel]: digestOf(request) };
    const known = await this.#known(metadata);
    const id = known ?? (await api.createSweep({ name: `paper: ${key}`, ...request, metadata })).id;
    for await (const news of api.followSweep(id, { signal: interrupt })) {
      if (news.frame === "sweep") onProgress(key, endedOf(news.counts), news.total);
    }
    if (interrupt.aborted) throw new CommandError("interrupted", "Stopped");
    const results = await api.sweep(id);
    assertGood(key, results);
    this.#spent.runs += results.rows.length;
    for (const { figures } of results.rows) {
      this.#spent.trainingSeconds += Number(figures.seconds ?? 0);
    }
    return results;
  }

  async #known(metadata: Readonly<Record<string, string>>): Promise<string | undefined> {
    for await (const sweep of all((page) => this.api.sweeps(page))) {
      const isSame = sweep.metadata[requestLabel] === metadata[requestLabel];
      if (!isSame || sweep.metadata[label] !== metadata[label]) continue;
      if (!hasEnded(sweep.status) || sweep.status === "completed") return sweep.id;
    }
    return undefined;
  }

  /** Runs and seconds since this was last asked. */
  takeSpent(): { readonly runs: number; readonly trainingSeconds: number } {
    const spent = this.#spent;
    this.#spent = { runs: 0, trainingSeconds: 0 };
    return spent;
  }

  /** Data of a run's events of one kind, in order. */
  async events<K extends EventKind>(run: string, kind: K): Promise<readonly EventData<K>[]> {
    const found: EventData<K>[] = [];
    for await (const event of this.api.history(run, { kinds: [kind] })) {
      if (event.type === kind) found.push(event.data as EventData<K>);
    }
    return found;
  }

  /** A run's kernel snapshots, the first step first. */
  async snapshots(run: string): Promise<readonly Snapshot[]> {
    const found: Snapshot[] = [];
    for await (const snapshot of all((page) => this.api.snapshots(run, page))) found.push(snapshot);
    return found.sort((a, b) => a.step - b.step);
  }
}

/** Every cell ended as an experiment ends: with a result, or diverged. */
function assertGood(key: string, { id, status, rows }: SweepResults): void {
  const bad = rows.find(({ status: of, error }) => of !== "succeeded" && error !== "diverged");
  if (status === "completed" && bad === undefined) return;
  const why = bad === undefined ? status : `run ${bad.run} is ${bad.status} (${bad.error})`;
  throw new CommandError("failed", `The sweep ${key} (${id}) did not end well`, { message: why });
}

/** Whether a run left the finite numbers. */
export const hasDiverged = (row: SweepRow): boolean =>
  row.error === "diverged" || row.figures.linearised_train_loss === "NaN";
