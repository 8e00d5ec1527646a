/**
 * One attempt at a run, from the start of its trainer to its end: passes wishes and steering on,
 * has events recorded, and says how it ended. Which runs are attempted is the dispatcher's choice.
 */
import { AssertionError } from "node:assert";
import type { ProblemCode } from "#schemas/problem.ts";
import type { Wish } from "#schemas/run.ts";
import type { Outcome, TrainerEvent } from "#src/channel.ts";
import type { Failpoint } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import { type AttemptSpan, openAttemptSpan } from "#src/trace.ts";
import type { RunRecord } from "#storage/store.ts";
import { applyInput } from "./apply.ts";
import type { Claim } from "./assignment.ts";
import type { Log, RunContext } from "./context.ts";
import type { LifecycleInput, LostCause, RetryPolicy } from "./happenings.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { inParts, type Part } from "./parts.ts";
import { writeAgain } from "./patience.ts";
import { openRate, type Rate } from "./rate.ts";
import { recordEvents, stepOf } from "./recorder.ts";
import type { Exit, Trainer, TrainerOptions } from "./trainers.ts";
import type { Loan } from "./warm-trainers.ts";

export interface AttemptOptions {
  readonly context: RunContext;
  readonly log: Log;
  readonly retry: RetryPolicy;
  readonly keeper: LeaseKeeper;
  /** How long a trainer may take to save and end once it is asked to. */
  readonly wishMs: number;
  readonly failpoint?: Failpoint | undefined;
}

/** Somebody else has the run, or has deleted it. */
const overtaken: readonly ProblemCode[] = ["conflict", "lease_lost", "not_found"];

export class Attempt {
  readonly run: string;
  /** The record as the attempt left it, undefined when somebody else has the run. */
  readonly done: Promise<RunRecord | undefined>;
  readonly #options: AttemptOptions;
  readonly #claim: Claim;
  readonly #loan: Loan;
  readonly #letGo: () => void;
  readonly #startedMs = performance.now();
  readonly #span: AttemptSpan;
  #rate: Rate = openRate(0, 0);
  #trainingSinceMs: number | undefined;
  #events = 0;
  #begun = false;
  #asked: Wish = "run";
  /** The run as it was last seen in the store. */
  #seen: RunRecord;
  #steeredThrough: number;
  #wishTimer: NodeJS.Timeout | undefined;
  /** Why the server itself ended the attempt. */
  #stopped: { readonly cause: LostCause; readonly detail: string } | undefined;
  /** Why the place is given back, though nobody wishes that the run should pause. */
  #leaving: { readonly reason: string; readonly yielded: boolean } | undefined;
  #over = false;
  /** The trainer ended the run in order and may have another. */
  #isReusable = false;

  constructor(options: AttemptOptions, claim: Claim, loan: Loan) {
    this.#options = options;
    this.#claim = claim;
    this.#seen = claim.record;
    this.run = claim.record.run.id;
    this.#steeredThrough = claim.record.steering.length;
    const { log } = options;
    const fields = { run: this.run, attempt: claim.record.run.attempt };
    this.#span = openAttemptSpan(fields, claim.record.traceparent);
    const { traceId } = this.#span;
    const onLine: TrainerOptions["onLine"] = (stream, line) =>
      log.info({ ...fields, ...(traceId && { trace_id: traceId }), stream, line }, "trainer");
    this.#loan = loan;
    loan.hear(onLine);
    this.#letGo = options.keeper.keep(claim, (detail) => this.kill(detail));
    this.done = this.#follow();
  }

  get #trainer(): Trainer {
    return this.#loan.trainer;
  }

  get pid(): number | undefined {
    return this.#trainer.pid;
  }

  /** Passes on what is new in the stored run: a wish, steering. */
  look(record: RunRecord): void {
    if (record.run.attempt !== this.#claim.record.run.attempt) return;
    this.#seen = record;
    if (!this.#begun) return;
    for (const { request, changes } of record.steering) {
      if (request <= this.#steeredThrough) continue;
      this.#steeredThrough = request;
      this.#trainer.send({ type: "steer", request, changes });
    }
    const { wanted } = record.run;
    if (wanted !== "run") this.#ask(wanted);
  }

  /** The run as it was last seen; undefined when it is about to give its place back. */
  get staying(): RunRecord | undefined {
    return this.#leaving === undefined && this.#asked === "run" ? this.#seen : undefined;
  }

  /** Has the trainer save and end because the service does. */
  drain(): void {
    this.#leave({ reason: "server draining", yielded: false });
  }

  /** Has the trainer save and end for a run that is more urgent; the run is queued again. */
  giveWay(): void {
    this.#leave({ reason: "gave way to a run of higher priority", yielded: true });
  }

  #leave(why: { readonly reason: string; readonly yielded: boolean }): void {
    this.#leaving = why;
    if (this.#begun) this.#ask("pause");
    else this.kill(why.reason);
  }

  /** Ends the trainer at once; the run is free for another attempt. */
  kill(detail: string): void {
    this.#stopped ??= { cause: "server", detail };
    this.#trainer.kill();
  }

  #ask(wish: Exclude<Wish, "run">): void {
    if (this.#over || this.#asked === wish || this.#asked === "cancel") return;
    this.#asked = wish;
    this.#trainer.send({ type: wish });
    const { wishMs } = this.#options;
    clearTimeout(this.#wishTimer);
    this.#wishTimer = setTimeout(() => {
      const detail = `the trainer did not ${wish} within ${Math.round(wishMs / 1000)} s`;
      this.#stopped ??= { cause: this.#leaving?.yielded === true ? "server" : "hung", detail };
      this.#trainer.kill();
    }, wishMs);
  }

  async #follow(): Promise<RunRecord | undefined> {
    try {
      const last = (await this.#untilEnd()) ?? (await this.#lose(await this.#trainer.exited));
      this.#span.end(last.run.status, last.run.status === "failed");
      return last;
    } catch (error) {
      this.#span.end("unknown", true);
      if (!(error instanceof Failure && overtaken.includes(error.code))) throw error;
      this.#options.log.warn({ run: this.run, err: error }, "attempt was overtaken");
      return undefined;
    } finally {
      this.#over = true;
      this.#letGo();
      clearTimeout(this.#wishTimer);
      await this.#release();
    }
  }

  /** Keeps a sound child for another run; ending one is how the memory of a device is freed. */
  async #release(): Promise<void> {
    if (this.#isReusable && this.#stopped === undefined && this.#leaving?.yielded !== false) {
      this.#loan.giveBack();
      return;
    }
    this.#trainer.kill();
    await this.#trainer.exited;
  }

  /** The record once the trainer has said how it ended, undefined when it ended without a word. */
  async #untilEnd(): Promise<RunRecord | undefined> {
    try {
      if (this.#loan.isReady) await this.#begin();
      for (;;) {
        const messages = await this.#trainer.take();
        if (messages.length === 0) return undefined;
        for (const part of inParts(messages)) {
          const ended = await this.#handle(part);
          if (ended !== undefined) return ended;
        }
      }
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      this.#stopped ??= { cause: "crashed", detail: `the trainer misreported: ${error.message}` };
      this.#trainer.kill();
      return undefined;
    }
  }

  async #handle(part: Part): Promise<RunRecord | undefined> {
    if ("events" in part) {
      await this.#record(part.events);
      return undefined;
    }
    const { message } = part;
    const { attempt } = this.#claim.record.run;
    switch (message.type) {
      case "ready":
        await this.#begin();
        return undefined;
      case "started":
        this.#rate = openRate(message.step, performance.now());
        this.#trainingSinceMs = performance.now();
        this.#span.event("started", { step: message.step });
        await this.#apply({ ...message, attempt });
        return undefined;
      case "ended": {
        const { outcome, seconds } = message;
        const secondsUsed = this.#claim.record.secondsUsed + seconds;
        const leaving = outcome.type === "paused" ? this.#leaving : undefined;
        const end = { outcome, secondsUsed, ...leaving };
        const ended = await this.#apply({ type: "ended", attempt, ...end });
        this.#isReusable = isOrderly(outcome) && ended.run.plan?.device === "cpu";
        return ended;
      }
      default:
        return undefined;
    }
  }

  async #begin(): Promise<void> {
    if (this.#begun) return;
    this.#begun = true;
    this.#trainer.send({ type: "begin", assignment: this.#claim.assignment });
    const { store } = this.#options.context;
    const record = await this.#write(() => store.read((reader) => reader.run(this.run)));
    if (record !== undefined) this.look(record);
    if (this.#leaving !== undefined) this.#ask("pause");
  }

  async #record(events: readonly TrainerEvent[]): Promise<void> {
    const stepSeconds = this.#rate.reached(Math.max(...events.map(stepOf)), performance.now());
    if (stepSeconds !== undefined) this.#options.context.sights?.stepped(stepSeconds);
    const { attempt } = this.#claim.record.run;
    const of = {
      run: this.run,
      attempt,
      lease: this.#claim.lease,
      rate: this.#rate,
      secondsUsed: () => this.#secondsUsed(),
    };
    await this.#write(() => recordEvents(this.#options.context, of, events));
    this.#events += events.length;
    for (const event of events) {
      if (event.kind !== "metrics") this.#span.event(event.kind, { step: event.data.step });
    }
    this.#options.failpoint?.("before_ack");
    this.#trainer.send({ type: "ack", events: this.#events });
  }

  #secondsUsed(): number {
    const sinceMs = this.#trainingSinceMs;
    const seconds = sinceMs === undefined ? 0 : (performance.now() - sinceMs) / 1000;
    return this.#claim.record.secondsUsed + seconds;
  }

  #apply(input: LifecycleInput): Promise<RunRecord> {
    const { lease } = this.#claim;
    return this.#write(() => applyInput(this.#options.context, this.run, { input, lease }));
  }

  #lose(exit: Exit): Promise<RunRecord> {
    const causes: Readonly<Record<Exit["cause"], LostCause>> = {
      exited: "crashed",
      crashed: "crashed",
      protocol: "crashed",
      hung: "hung",
      out_of_memory: "out_of_memory",
      killed: "server",
    };
    const { cause, detail } = this.#stopped ?? { cause: causes[exit.cause], detail: exit.detail };
    const { attempt } = this.#claim.record.run;
    const livedMs = Math.round(performance.now() - this.#startedMs);
    const { log, retry, context } = this.#options;
    context.sights?.lost(cause);
    log.warn({ run: this.run, attempt, cause, detail, livedMs }, "attempt lost");
    const secondsUsed = this.#secondsUsed();
    const { yielded = false } = this.#leaving ?? {};
    return this.#apply({ type: "lost", attempt, cause, detail, secondsUsed, retry, yielded });
  }

  /** It comes back: until then the trainer waits for its acknowledgement, and loses nothing. */
  #write<T>(write: () => Promise<T>): Promise<T> {
    return writeAgain(write, {
      isPatient: () => this.#leaving?.yielded !== false && this.#stopped === undefined,
      onFault: (err, tried) =>
        this.#options.log.error({ run: this.run, err, tried }, "cannot write to the store"),
    });
  }
}

/** Divergence is a number among others; any other failure leaves a child that nobody trusts. */
function isOrderly(outcome: Outcome): boolean {
  return outcome.type !== "failed" || outcome.error.code === "diverged";
}
