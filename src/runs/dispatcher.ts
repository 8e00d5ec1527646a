/**
 * Decides which runs have a trainer: claims queued ones while there is room, tells live ones what
 * is wished, and takes back those that nobody trains. Many dispatchers may serve one store.
 */
import assert from "node:assert/strict";
import type { Failpoint } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import type { RunRecord } from "#storage/store.ts";
import { applyInput } from "./apply.ts";
import { claimNext, type Means } from "./assignment.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import { openBell } from "./bell.ts";
import { type Log, queueTopic, type RunContext } from "./context.ts";
import { type RetryPolicy, usualRetry } from "./happenings.ts";
import { LeaseKeeper } from "./lease-keeper.ts";
import { Places, type PlacesOptions } from "./places.ts";
import { needOf, preempt } from "./preemption.ts";
import { reclaimRuns } from "./reclaim.ts";
import { residentBytes } from "./resident.ts";
import { WarmTrainers } from "./warm-trainers.ts";

export interface DispatcherOptions {
  readonly context: RunContext;
  readonly log: Log;
  /** File of the trainer program. */
  readonly entry: string;
  /** The server's environment, of which trainers get a part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly artifactsDir: string;
  /** Who this worker is: runs that it held before are its own again. */
  readonly owner: string;
  /** How long a run is this worker's without a renewal. */
  readonly leaseMs: number;
  /** What runs may ask for here that needs no GPU of its own. */
  readonly devices: PlacesOptions["processor"];
  /** Trainers at the same time. */
  readonly trainersMax: number;
  readonly threadsPerTrainer: number;
  /** Silence after which a trainer is taken for hung; 5 minutes unless told. */
  readonly hangMs?: number;
  /** How long pausing and cancelling may take; 2 minutes unless told. */
  readonly wishMs?: number;
  /** How often the store is looked at when nothing wakes the dispatcher; 1 second unless told. */
  readonly pollMs?: number;
  readonly retry?: RetryPolicy;
  /** Whether there is room for what trainers store; always, unless told. */
  readonly hasRoom?: () => Promise<boolean>;
  /** Called often while there is too little room, and when a run begins to wait for it. */
  readonly makeRoom?: () => void;
  /** How often runs that wait for room are tried again; 10 seconds unless told. */
  readonly roomPollMs?: number;
  readonly failpoint?: Failpoint | undefined;
  /** Memory of each GPU of this machine; none unless told. */
  readonly gpus?: PlacesOptions["gpus"];
  /** Small runs that share a GPU; 1 unless told. */
  readonly trainersPerGpu?: number;
  /** Waiting after which a run has others of lower priority make room; never unless told. */
  readonly preemptAfterMs?: number | null;
}

/** Runs that one look reads which wait for room. */
const heldUpPageMax = 100;
const roomPollMsUsual = 10_000;
/** How often those are looked for that another worker left waiting. */
const heldUpLookMs = 5 * 60_000;
/** How often it is looked for those who wait too long, as a part of what is too long. */
const preemptLookShare = 10;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #attemptOptions: AttemptOptions;
  readonly #means: Means;
  readonly #trainers: WarmTrainers;
  readonly #places: Places;
  readonly #live = new Map<string, Attempt>();
  readonly #bell = openBell();
  readonly #unsubscribe: () => void;
  #draining = false;
  #hadRoom = true;
  /** Runs may wait for room: those that a former process left, too. */
  #someHeldUp = true;
  #goOnAtMs = 0;
  #preemptAtMs = 0;
  #loop: Promise<void> | undefined;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { context, log, entry, environment } = options;
    const { memoryBytesMax } = context.limits;
    this.#places = new Places({
      trainersMax: options.trainersMax,
      memoryBytesMax,
      processor: options.devices,
      gpus: options.gpus ?? [],
      trainersPerGpu: options.trainersPerGpu ?? 1,
    });
    this.#means = {
      artifactsDir: options.artifactsDir,
      threads: options.threadsPerTrainer,
      memoryBytesMax,
    };
    this.#attemptOptions = {
      context,
      log,
      retry: options.retry ?? usualRetry,
      keeper: new LeaseKeeper({ store: context.store, log, leaseMs: options.leaseMs }),
      wishMs: options.wishMs ?? 2 * 60_000,
      failpoint: options.failpoint,
    };
    const hangMs = options.hangMs ?? 5 * 60_000;
    this.#trainers = new WarmTrainers({
      trainer: { entry, environment, heapBytesMax: memoryBytesMax, hangMs },
      idleMax: options.trainersMax,
    });
    this.#unsubscribe = context.wakeups.subscribe(queueTopic, this.#bell.ring);
  }

  /** Trainers under way. */
  get live(): number {
    return this.#live.size;
  }

  /** Memory that each trainer under way has in use. */
  async trainerBytes(): Promise<readonly number[]> {
    const pids = [...this.#live.values()].flatMap(({ pid }) => (pid === undefined ? [] : [pid]));
    return Promise.all(pids.map(residentBytes));
  }

  /** Begins to serve the queue; runs that a former process left are taken back first. */
  start(): void {
    this.#loop ??= this.#serve();
  }

  /**
   * Starts nothing more, has every trainer save and end, and kills those that take longer than
   * `budgetMs`. Their runs are queued again, so that the next process goes on with them.
   */
  async drain(budgetMs: number): Promise<void> {
    this.#draining = true;
    this.#unsubscribe();
    this.#bell.close();
    await this.#loop;
    const attempts = [...this.#live.values()];
    for (const attempt of attempts) attempt.drain();
    const late = setTimeout(() => {
      for (const attempt of attempts) attempt.kill("server draining");
    }, budgetMs);
    await Promise.allSettled(attempts.map(({ done }) => done));
    clearTimeout(late);
    await this.#trainers.close();
  }

  async #serve(): Promise<void> {
    while (!this.#draining) {
      try {
        await this.#reclaim();
        if (await this.#seeRoom()) {
          await this.#goOn();
          await this.#fill();
          await this.#preempt();
        }
        await this.#look();
      } catch (error) {
        this.#options.log.error({ err: error }, "dispatcher cannot go on; it tries again");
      }
      await this.#bell.wait(this.#options.pollMs ?? 1000);
    }
  }

  async #reclaim(): Promise<void> {
    const { context, log, owner } = this.#options;
    const { retry } = this.#attemptOptions;
    const isLive = (run: string): boolean => this.#live.has(run);
    const liveCount = this.#live.size;
    const taken = await reclaimRuns(context, { owner, isLive, liveCount, retry });
    if (taken > 0) log.warn({ runs: taken }, "runs were taken back whose worker is gone");
  }

  /** Without room nothing is started: it would only fail. Says so once. */
  async #seeRoom(): Promise<boolean> {
    const { hasRoom, log } = this.#options;
    const has = hasRoom === undefined || (await hasRoom());
    if (!has) this.#options.makeRoom?.();
    if (has !== this.#hadRoom) {
      if (has) log.info({}, "there is room again: runs go on");
      else log.warn({}, "too little room is left: runs wait");
    }
    this.#hadRoom = has;
    return has;
  }

  /** Lets runs go on that waited for room. */
  async #goOn(): Promise<void> {
    const { context, roomPollMs = roomPollMsUsual } = this.#options;
    const nowMs = context.now();
    const isDue = this.#someHeldUp && nowMs >= this.#goOnAtMs;
    if (!isDue && nowMs < this.#goOnAtMs + heldUpLookMs) return;
    this.#goOnAtMs = nowMs + roomPollMs;
    // Before the first look: a run that has to wait meanwhile is found by the next.
    this.#someHeldUp = false;
    await this.#letGoOn().catch((error: unknown) => {
      this.#someHeldUp = true;
      throw error;
    });
  }

  async #letGoOn(): Promise<void> {
    const { context } = this.#options;
    let after: string | undefined;
    do {
      const limit = heldUpPageMax;
      const filter = { statuses: ["paused"] as const, limit, ...(after ? { after } : {}) };
      const page = await context.store.read((reader) => reader.runs(filter));
      for (const { run } of page.rows.filter((row) => row.run.pause_reason === "disk_full")) {
        await applyInput(context, run.id, { input: { type: "room" } }).catch(unlessConflict);
      }
      after = page.more ? page.rows.at(-1)?.run.id : undefined;
    } while (after !== undefined && !this.#draining);
  }

  async #fill(): Promise<void> {
    const { context, owner } = this.#options;
    const { leaseMs } = this.#attemptOptions.keeper;
    // One after the other: whose turn it is, and what fits, depends on who got the last place.
    for (;;) {
      const fits = this.#places.fits();
      if (fits.length === 0 || this.#draining) return;
      // A run may be queued again while the trainer of its last attempt is still ending.
      const except = [...this.#live.keys()];
      const claim = await claimNext(context, { means: this.#means, fits, owner, leaseMs, except });
      if (claim === undefined) return;
      const gpu = this.#places.take(claim.record.run.id, needOf(claim.record));
      const assignment = { ...claim.assignment, gpu };
      const trainer = this.#trainers.take();
      this.#open(new Attempt(this.#attemptOptions, { ...claim, assignment }, trainer));
    }
  }

  /** Has runs of lower priority save and end for one that has waited too long and fits nowhere. */
  async #preempt(): Promise<void> {
    const { context, log, preemptAfterMs: afterMs = null } = this.#options;
    if (afterMs === null || this.#draining || context.now() < this.#preemptAtMs) return;
    this.#preemptAtMs = context.now() + afterMs / preemptLookShare;
    const { wishMs } = this.#attemptOptions;
    const live = [...this.#live.values()].flatMap(({ staying }) => staying ?? []);
    const { yielding, forRun, reserved } = await preempt(context, {
      places: this.#places,
      live,
      afterMs,
      wishMs,
    });
    this.#places.reserveFor(reserved);
    for (const { run } of yielding) {
      log.info({ run: run.id, for: forRun }, "a run gives way to one of higher priority");
      this.#live.get(run.id)?.giveWay();
    }
  }

  #open(attempt: Attempt): void {
    assert(!this.#live.has(attempt.run), "a run has one attempt at a time");
    this.#live.set(attempt.run, attempt);
    const { context, log } = this.#options;
    const ended = (record: RunRecord | undefined): void => {
      if (record?.run.pause_reason === "disk_full") {
        this.#someHeldUp = true;
        log.warn({ run: attempt.run }, "a run waits for room on the disk");
        this.#options.makeRoom?.();
      }
      const waitMs = (record?.notBeforeMs ?? 0) - context.now();
      if (waitMs > 0) this.#bell.ringAfter(waitMs);
    };
    void attempt.done
      .then(ended, (error: unknown) =>
        log.error({ run: attempt.run, err: error }, "attempt could not be recorded"),
      )
      .finally(() => {
        this.#live.delete(attempt.run);
        this.#places.release(attempt.run);
        this.#bell.ring();
      });
  }

  async #look(): Promise<void> {
    const { store } = this.#options.context;
    for (const [id, attempt] of this.#live) {
      const record = await store.read((reader) => reader.run(id));
      if (record === undefined) attempt.kill("the run was deleted");
      else attempt.look(record);
      const { status, plan } = attempt.staying?.run ?? {};
      if (status === "running" && plan?.device === "cpu") this.#places.moveToProcessor(id);
    }
  }
}

/** Somebody else changed the run first: that is no fault. */
function unlessConflict(error: unknown): undefined {
  if (error instanceof Failure && ["conflict", "not_found"].includes(error.code)) return undefined;
  throw error;
}
