/**
 * Has queued one-off kernels computed, one after the other, oldest first. All it knows is in the
 * store, so that kernels which a former process left are taken up again.
 */
import { sourceOf } from "#catalog/source.ts";
import { type Log, type RunContext, timeOf } from "#runs/context.ts";
import type { Granted, LeaseKeeper } from "#runs/lease-keeper.ts";
import { Rounds } from "#runs/rounds.ts";
import type { Ntk } from "#schemas/ntk.ts";
import type { RunError } from "#schemas/run.ts";
import type { Errand } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { KernelDone } from "#src/kernel-shares.ts";
import type { NtkRecord } from "#storage/store.ts";
import { kernelTopic } from "./commands.ts";
import { type KernelChild, performShared, sharedAs } from "./sharing.ts";

export interface KernelWorkerOptions {
  readonly context: RunContext;
  readonly log: Log;
  /** For kernels alone: closed with the worker. The first computes what is not shared. */
  readonly errands: readonly [KernelChild, ...KernelChild[]];
  /** Numbers from which a kernel is shared among all of them; `sharedNumbersMin` unless told. */
  readonly sharedNumbersMin?: number;
  readonly artifactsDir: string;
  /** Who this worker is, and who keeps its leases. */
  readonly owner: string;
  readonly keeper: LeaseKeeper;
  readonly threads: number;
  /** How often the store is looked at when nothing wakes the worker; 5 seconds unless told. */
  readonly pollMs?: number;
}

type KernelErrand = Extract<Errand, { kind: "kernel" }>;
/** Children that one kernel may use up before it fails: they crash, or the server ends. */
const attemptsMax = 3;

export class KernelWorker {
  readonly #options: KernelWorkerOptions;
  readonly #rounds: Rounds;

  constructor(options: KernelWorkerOptions) {
    const { context, log, pollMs = 5000 } = options;
    this.#options = options;
    this.#rounds = new Rounds({
      wakeups: context.wakeups,
      topic: kernelTopic,
      pollMs,
      round: () => this.#serve(),
      onFault: (err) => log.error({ err }, "kernels cannot go on; the worker tries again"),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Begins no further kernel and lets the one under way go, to be taken up again later. */
  async close(): Promise<void> {
    const { errands } = this.#options;
    await this.#rounds.close(async () => {
      for (const child of errands) await child.close();
    });
  }

  async #serve(): Promise<boolean> {
    const next = await this.#claim();
    if (next === undefined) return false;
    await this.#attempt(next);
    return true;
  }

  /** The next kernel as begun, with a lease on it. */
  async #claim(): Promise<Begun | undefined> {
    const { context, keeper, owner } = this.#options;
    const sinceMs = performance.now();
    const begun = await context.store.write(async (writer) => {
      const record = await writer.nextNtk(owner);
      if (record === undefined) return undefined;
      const { ntk, attempts } = record;
      const started_at = ntk.started_at ?? timeOf(context.now());
      const next: NtkRecord = {
        ...record,
        attempts: attempts + 1,
        ntk: { ...ntk, status: "running", started_at },
      };
      const lease = { id: ntk.id, owner, epoch: next.attempts };
      await writer.leases.grant(lease, keeper.leaseMs);
      await writer.updateNtk(next);
      return { before: record, record: next, lease, sinceMs };
    });
    if (begun !== undefined) context.wakeups.wake(begun.lease.id);
    return begun;
  }

  async #attempt(begun: Begun): Promise<void> {
    // A lease that is lost is found so when the result is stored: the result is then another's.
    const letGo = this.#options.keeper.keep(begun, () => undefined);
    try {
      await this.#compute(begun);
    } catch (error) {
      if (!(error instanceof Failure && error.code === "lease_lost")) throw error;
      this.#options.log.warn({ ntk: begun.lease.id }, "a kernel passed to another worker");
    } finally {
      letGo();
    }
  }

  async #compute(begun: Begun): Promise<void> {
    const { attempts } = begun.record;
    if (attempts > attemptsMax) {
      const message = `${attemptsMax} attempts ended without a word`;
      await this.#end(begun, failed({ code: "trainer_crashed", message, retryable: true }));
      return;
    }
    try {
      const errand = await this.#errand(begun.record);
      await this.#end(begun, succeeded(await this.#perform(begun.record, errand)));
    } catch (error) {
      if (!(error instanceof Failure) || error.code === "lease_lost") throw error;
      const { code, message } = error;
      // Ending the service is no fault of the kernel: it counts as not begun.
      if (code === "shutting_down") await this.#store(begun, begun.before);
      else if (code === "trainer_crashed" && attempts < attemptsMax) {
        await this.#store(begun, begun.record);
      } else await this.#end(begun, failed({ code, message, retryable: false }));
    }
  }

  async #perform({ ntk }: NtkRecord, errand: KernelErrand): Promise<KernelDone> {
    const { errands, sharedNumbersMin } = this.#options;
    const form = errands.length === 1 ? null : sharedAs(ntk, sharedNumbersMin);
    if (form === null) return await errands[0].perform(errand);
    return await performShared(errand, errands, form);
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

  async #end(begun: Begun, end: Partial<Ntk>): Promise<void> {
    const { record } = begun;
    const finished_at = timeOf(this.#options.context.now());
    await this.#store(begun, { ...record, ntk: { ...record.ntk, ...end, finished_at } });
  }

  /** Gives the kernel back as it then is. */
  async #store({ lease }: Begun, record: NtkRecord): Promise<void> {
    const { store, wakeups } = this.#options.context;
    await store.write(async (writer) => {
      await writer.leases.hold(lease);
      await writer.updateNtk(record);
      await writer.leases.release(lease.id);
    });
    wakeups.wake(record.ntk.id);
    wakeups.wake(kernelTopic);
  }
}

/** A kernel that this worker has, as it was before and as it is now. */
interface Begun extends Granted {
  readonly before: NtkRecord;
  readonly record: NtkRecord;
}

function failed(error: RunError): Partial<Ntk> {
  return { status: "failed", error };
}

function succeeded({ figures, shape, digest }: KernelDone): Partial<Ntk> {
  return { status: "succeeded", figures, shape: [...shape], digest };
}
