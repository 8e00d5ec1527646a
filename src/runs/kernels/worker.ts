/**
 * Has queued one-off kernels computed, one after the other, oldest first. All it knows is in the
 * store, so that kernels which a former process left are taken up again.
 */
import { sourceOf } from "#catalog/source.ts";
import { openBell } from "#runs/bell.ts";
import { type Log, type RunContext, timeOf } from "#runs/context.ts";
import type { Errands } from "#runs/errands.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { RunError } from "#schemas/run.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { NtkRecord } from "#storage/store.ts";
import { kernelTopic } from "./commands.ts";

export interface KernelWorkerOptions {
  readonly context: RunContext;
  readonly log: Log;
  /** For kernels alone: closed with the worker. */
  readonly errands: Pick<Errands, "perform" | "close">;
  readonly artifactsDir: string;
  readonly threads: number;
  /** How often the store is looked at when nothing wakes the worker; 5 seconds unless told. */
  readonly pollMs?: number;
}

type KernelErrand = Extract<Errand, { kind: "kernel" }>;
type KernelResult = Extract<ErrandResult, { kind: "kernel" }>;

/** Children that one kernel may use up before it fails: they crash, or the server ends. */
const attemptsMax = 3;

export class KernelWorker {
  readonly #options: KernelWorkerOptions;
  readonly #bell = openBell();
  readonly #unsubscribe: () => void;
  #closed = false;
  #loop: Promise<void> | undefined;

  constructor(options: KernelWorkerOptions) {
    this.#options = options;
    this.#unsubscribe = options.context.wakeups.subscribe(kernelTopic, this.#bell.ring);
  }

  start(): void {
    this.#loop ??= this.#serve();
  }

  /** Begins no further kernel and lets the one under way go, to be taken up again later. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#bell.close();
    await this.#options.errands.close();
    await this.#loop;
  }

  async #serve(): Promise<void> {
    const { context, log, pollMs = 5000 } = this.#options;
    while (!this.#closed) {
      try {
        const [next] = await context.store.read((reader) => reader.openNtks(1));
        if (next !== undefined) {
          await this.#compute(next);
          continue;
        }
      } catch (error) {
        log.error({ err: error }, "kernels cannot go on; the worker tries again");
      }
      await this.#bell.wait(pollMs);
    }
  }

  async #compute(record: NtkRecord): Promise<void> {
    const attempts = record.attempts + 1;
    if (attempts > attemptsMax) {
      const message = `${attemptsMax} attempts ended without a word`;
      await this.#end(record, failed({ code: "trainer_crashed", message, retryable: true }));
      return;
    }
    const { context, errands } = this.#options;
    const { ntk } = record;
    const started_at = ntk.started_at ?? timeOf(context.now());
    const begun: NtkRecord = {
      ...record,
      attempts,
      ntk: { ...ntk, status: "running", started_at },
    };
    await this.#store(begun);
    try {
      const errand = await this.#errand(record);
      await this.#end(begun, succeeded(await errands.perform(errand)));
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const { code, message } = error;
      // Ending the service is no fault of the kernel: it counts as not begun.
      if (code === "shutting_down") await this.#store(record);
      else if (code !== "trainer_crashed" || attempts >= attemptsMax) {
        await this.#end(begun, failed({ code, message, retryable: false }));
      }
    }
  }

  async #errand({ ntk, first, second, weights }: NtkRecord): Promise<KernelErrand> {
    const { context, artifactsDir, threads } = this.#options;
    const model = await context.store.read((reader) => reader.model(ntk.model));
    if (model === undefined) throw new Failure("incompatible", "The model was deleted.");
    return {
      kind: "kernel",
      model: sourceOf(model),
      artifactsDir,
      weights: weights === null ? { seed: ntk.seed ?? 0 } : { checkpoint: weights },
      first,
      second,
      variant: ntk.kernel,
      method: ntk.method,
      precision: ntk.dtype,
      eigenvalues: ntk.eigenvalues,
      regression: ntk.regression ?? null,
      threads,
    };
  }

  async #end(record: NtkRecord, end: Partial<Ntk>): Promise<void> {
    const finished_at = timeOf(this.#options.context.now());
    await this.#store({ ...record, ntk: { ...record.ntk, ...end, finished_at } });
  }

  async #store(record: NtkRecord): Promise<void> {
    const { store, wakeups } = this.#options.context;
    await store.write((writer) => writer.updateNtk(record));
    wakeups.wake(record.ntk.id);
  }
}

function failed(error: RunError): Partial<Ntk> {
  return { status: "failed", error };
}

function succeeded({ figures, shape, digest }: KernelResult): Partial<Ntk> {
  return { status: "succeeded", figures, shape: [...shape], digest };
}
