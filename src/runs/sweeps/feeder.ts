/**
 * Makes the cells of sweeps into runs, a few at a time and in order, as long as there is room: what
 * a sweep has not made yet is in no queue. All it knows is in the store, so it goes on after a
 * restart.
 */
import { admit } from "#runs/admission.ts";
import { insertQueued, materials } from "#runs/commands.ts";
import { type Log, queueTopic, type RunContext } from "#runs/context.ts";
import { Rounds } from "#runs/rounds.ts";
import { settingsFrom } from "#runs/settings.ts";
import type { RunRequest } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { SweepRecord, Writer } from "#storage/store.ts";
import { sweepsOpenMax } from "./commands.ts";
import { cellRequest, gridOf } from "./grid.ts";
import { definitionDigest, isDefinition } from "./plan.ts";
import { isOpen, underWayIn } from "./status.ts";

export interface FeederOptions {
  readonly context: RunContext;
  readonly log: Log;
  /** Runs of one sweep that may wait or train at the same time, unless it asks for fewer. */
  readonly ahead: number;
  /** How often the store is looked at when nothing wakes the feeder; 1 second unless told. */
  readonly pollMs?: number;
}

/** Runs that one transaction makes. */
const runsAtOnce = 16;

export class SweepFeeder {
  readonly #options: FeederOptions;
  readonly #rounds: Rounds;

  constructor(options: FeederOptions) {
    const { context, log, pollMs = 1000 } = options;
    this.#options = options;
    this.#rounds = new Rounds({
      wakeups: context.wakeups,
      topic: queueTopic,
      pollMs,
      round: () => this.#serve(),
      onFault: (err) => log.error({ err }, "sweeps cannot go on; the feeder tries again"),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Makes no further run. */
  async close(): Promise<void> {
    await this.#rounds.close();
  }

  /** A turn for each open sweep; what they made wakes the next round. */
  async #serve(): Promise<boolean> {
    const { store } = this.#options.context;
    for (const { id, wanted, tenant } of await store.read((all) => all.openSweeps(sweepsOpenMax))) {
      if (wanted === "run" && !this.#rounds.isClosed) await this.#feed(id, tenant);
    }
    return false;
  }

  /** One turn for one sweep; rings for another when it made all that a turn may. */
  async #feed(id: string, tenant: string): Promise<void> {
    const { context, ahead } = this.#options;
    const theirs = { ...context, store: context.store.of(tenant) };
    const made = await feedSweep(theirs, id, ahead);
    if (made === 0) return;
    context.wakeups.wake(id);
    context.wakeups.wake(queueTopic);
  }
}

/** Makes up to `ahead` runs of a sweep wait or train. Returns how many were made. */
export function feedSweep(context: RunContext, id: string, ahead: number): Promise<number> {
  return context.store.write(async (writer) => {
    const record = await writer.sweep(id);
    if (record === undefined || !isOpen(record) || record.wanted !== "run") return 0;
    const underWay = underWayIn(await writer.countCells(id));
    const room = Math.min(record.request.parallel ?? ahead, ahead) - underWay;
    const count = Math.min(room, runsAtOnce, record.total - record.fed);
    if (count <= 0) return 0;
    const { made, error } = await makeRuns(writer, context, { record, count });
    if (made === 0 && error === null) return 0;
    const { fed, version } = record;
    await writer.updateSweep({ ...record, fed: fed + made, error, version: version + 1 });
    return made;
  });
}

async function makeRuns(
  writer: Writer,
  context: RunContext,
  { record, count }: { readonly record: SweepRecord; readonly count: number },
): Promise<{ readonly made: number; readonly error: SweepRecord["error"] }> {
  const grid = gridOf(record.request);
  for (let made = 0; made < count; made += 1) {
    const cell = record.fed + made;
    const request = resolved(record, cellRequest(record.request.base, grid.changesAt(cell)));
    try {
      const { model, dataset } = await materials(writer, request);
      const settings = settingsFrom(request, dataset.task);
      const needsBytes = admit({ model, dataset, settings }, context.limits);
      const sweep = { id: record.id, cell };
      await insertQueued(writer, context, { request, settings, needsBytes, sweep });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      // There is going to be room again: the rest waits for it.
      if (error.code === "queue_full" || error.code === "quota_exceeded") {
        return { made, error: null };
      }
      const message = `Cell ${cell} cannot be a run any more: ${error.message}`;
      return { made, error: { code: error.code, message, retryable: false } };
    }
  }
  return { made: count, error: null };
}

/** A cell's request with the model that was made of its definition, and the sweep's labels. */
function resolved({ request, models }: SweepRecord, cell: unknown): RunRequest {
  const run = cell as RunRequest;
  const model: unknown = run.model;
  const name = run.name ?? request.name;
  return {
    ...run,
    ...(name === undefined ? {} : { name }),
    metadata: run.metadata ?? request.metadata ?? {},
    ...(isDefinition(model) ? { model: models[definitionDigest(model)] ?? "" } : {}),
  };
}
