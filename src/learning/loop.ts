/**
 * The order of things in a run: what happens at a boundary between steps, how far the next call
 * goes, and when the run ends. What each thing does is in session.ts.
 */
import assert from "node:assert/strict";
import { fromFigure } from "#schemas/values.ts";
import type { Outcome } from "#src/channel.ts";
import { reportCheckpoint, reportEvaluation, reportSnapshot } from "./boundary.ts";
import { Pace } from "./chunks.ts";
import { cutColumns } from "./columns.ts";
import { firstReported, metricsEvents } from "./metrics.ts";
import { nextReported, reportAt } from "./position.ts";
import type { Session } from "./session.ts";
import { type Controls, dueSteering, nextSteering, steered } from "./steering.ts";

export interface LoopOptions {
  readonly controls: Controls;
  /** Monotonic time. */
  readonly nowMs: () => number;
  readonly signal: AbortSignal;
  /** Lets messages in between two calls, which block the thread. */
  readonly breathe: () => Promise<void>;
  /** Nothing of the first step has been reported by this run. */
  readonly fresh: boolean;
  /** Steps of a call at most; for tests, otherwise it follows from time. */
  readonly chunkSteps?: number;
}

/** Time between checkpoints where settings do not say, and the share of time they may take. */
const checkpointAfterMs = 10_000;
const checkpointShare = 0.05;

type Ending = "succeeded" | "paused" | "cancelled";

const shortly = (value: number): string => String(Number(value.toPrecision(3)));

export class TrainingLoop {
  readonly #session: Session;
  readonly #options: LoopOptions;
  readonly #pace = new Pace();
  readonly #startedMs: number;
  #savedMs: number;
  #saveTookMs = 0;
  #savedStep: number;

  constructor(session: Session, options: LoopOptions) {
    this.#session = session;
    this.#options = options;
    this.#startedMs = options.nowMs();
    this.#savedMs = this.#startedMs;
    this.#savedStep = session.position.step;
  }

  /** Trains until the run ends; rejects when the signal aborts. */
  async run(): Promise<Outcome> {
    if (this.#options.fresh) {
      await this.#announce();
      await this.#observe(false);
    }
    for (;;) {
      this.#options.signal.throwIfAborted();
      const ending = this.#ending();
      if (ending !== null) return await this.#end(ending);
      if (this.#isCheckpointDue()) await this.#save(false);
      const asked = await this.#steer();
      const anchorNow = await this.#anchor(asked);
      const failed = await this.#advance(anchorNow);
      if (failed !== null) return failed;
      await this.#observe(this.#session.position.step === this.#settings.steps);
      await this.#options.breathe();
    }
  }

  /** Says that not every step is reported, where that is so. */
  async #announce(): Promise<void> {
    const { every, position } = this.#session;
    if (every === 1) return;
    const message = `a closed form reports one step in ${every}: those between are not taken`;
    const data = { step: position.step, level: "info", message } as const;
    await this.#session.emit({ kind: "log", key: "log:thinned", data });
  }

  get #settings() {
    return this.#session.prepared.assignment.settings;
  }

  /** Evaluates and takes a snapshot where they are due. */
  async #observe(isLast: boolean): Promise<void> {
    const { step, evaluateEvery, snapshotsEvery } = this.#session.position;
    if (isLast || step % evaluateEvery === 0 || step === 0) await reportEvaluation(this.#session);
    if (snapshotsEvery === null) return;
    if (isLast || step % snapshotsEvery === 0) await reportSnapshot(this.#session);
  }

  #ending(): Ending | null {
    const { step, evaluation } = this.#session.position;
    const { steps, stop } = this.#settings;
    if (step >= steps) return "succeeded";
    const wanted = this.#options.controls.wanted();
    if (wanted !== "run") return wanted === "pause" ? "paused" : "cancelled";
    const target = stop.loss ?? null;
    if (target !== null && evaluation?.step === step) {
      if (fromFigure(evaluation.value.linearised.train.loss) <= target) return "succeeded";
    }
    const secondsMax = stop.seconds ?? null;
    if (secondsMax === null) return null;
    const { secondsUsed } = this.#session.prepared.assignment;
    const seconds = secondsUsed + (this.#options.nowMs() - this.#startedMs) / 1000;
    return seconds >= secondsMax ? "succeeded" : null;
  }

  async #end(ending: Ending): Promise<Outcome> {
    if (ending === "paused") {
      await this.#save(false);
      return { type: "paused" };
    }
    await this.#observe(true);
    await this.#save(true);
    const { evaluation } = this.#session.position;
    assert(evaluation !== null, "the last step is evaluated");
    return { type: ending, result: evaluation.value };
  }

  #isCheckpointDue(): boolean {
    const { step } = this.#session.position;
    if (step === this.#savedStep) return false;
    const every = this.#settings.checkpoints.every ?? null;
    if (every !== null) return step % every === 0;
    const waitMs = Math.max(checkpointAfterMs, this.#saveTookMs / checkpointShare);
    return this.#options.nowMs() - this.#savedMs >= waitMs;
  }

  async #save(final: boolean): Promise<void> {
    const beganMs = this.#options.nowMs();
    await reportCheckpoint(this.#session, { final, signal: this.#options.signal });
    this.#savedMs = this.#options.nowMs();
    this.#saveTookMs = this.#savedMs - beganMs;
    this.#savedStep = this.#session.position.step;
  }

  /** Applies what is due; true when a linearisation was asked for. */
  async #steer(): Promise<boolean> {
    const { stepsLogged = 0 } = this.#session.prepared.assignment;
    let relinearise = false;
    for (const entry of dueSteering(this.#options.controls, this.#session.position, stepsLogged)) {
      const { request, changes } = entry;
      const { step } = this.#session.position;
      const after = steered(this.#session.position, entry);
      relinearise ||= after.relinearise;
      await this.#session.move(after.position);
      const key = `steered:${request}`;
      await this.#session.emit({ kind: "steered", key, data: { step, changes, request } });
    }
    return relinearise;
  }

  /** Whether θ_s ← θ happens at this step; reports it when it is one of the reported. */
  async #anchor(asked: boolean): Promise<boolean> {
    const { position, charted } = this.#session;
    if (charted === null) return false;
    const { sequence } = charted;
    const isKnown = sequence.stepOf(sequence.indexFrom(position.step)) === position.step;
    if (!isKnown && !asked && !(await this.#isGapPassed())) return false;
    const { report, lambdaMax } = reportAt(charted, position, this.#session.prepared.limits);
    if (report || asked) {
      await this.#session.reportAnchor(lambdaMax || asked);
      if (this.#settings.snapshots?.at_anchor === true) await reportSnapshot(this.#session);
    }
    // A linearisation out of turn: a whole-number period counts from here.
    if (asked && !isKnown) {
      const { step } = position;
      const course = { ...charted.course, from: step + 1, last: step };
      await this.#session.move({ ...this.#session.position, course });
    }
    return true;
  }

  /** Looks at the gap where an adaptive period says so. */
  async #isGapPassed(): Promise<boolean> {
    const { position, charted } = this.#session;
    const looks = charted?.looks ?? null;
    if (looks === null || position.step % looks.every !== 0) return false;
    if (position.step === position.anchorStep) return false;
    const probe = await this.#session.instruments.gap.get();
    const weights = await this.#session.weights();
    const { gap } = await probe.look({ weights, anchor: await this.#session.anchor(weights) });
    return gap > looks.gap;
  }

  /** The next step at which something may have to happen, at most a chunk away. */
  #boundary(): number {
    const { position, charted, formUntil, prepared } = this.#session;
    const { step, evaluateEvery, snapshotsEvery } = position;
    const { stepsLogged = 0 } = prepared.assignment;
    const multiple = (every: number | null): number =>
      every === null ? Number.POSITIVE_INFINITY : (Math.floor(step / every) + 1) * every;
    return Math.min(
      this.#settings.steps,
      step + (this.#options.chunkSteps ?? this.#pace.steps * this.#session.every),
      multiple(evaluateEvery),
      multiple(snapshotsEvery),
      multiple(this.#settings.checkpoints.every ?? null),
      multiple(charted?.looks?.every ?? null),
      charted === null
        ? Number.POSITIVE_INFINITY
        : nextReported(charted, step + 1, prepared.limits),
      nextSteering(this.#options.controls, position, stepsLogged),
      formUntil > step ? formUntil : Number.POSITIVE_INFINITY,
    );
  }

  async #advance(anchorNow: boolean): Promise<Outcome | null> {
    const from = this.#session.position.step;
    const to = this.#boundary();
    const beganMs = this.#options.nowMs();
    const { every } = this.#session;
    const { columns, divergedAt, notices } = await this.#session.advance(to, anchorNow);
    this.#pace.record(Math.ceil((to - from) / every), this.#options.nowMs() - beganMs);
    for (const [at, message] of notices.entries()) {
      const data = { step: from, level: "info", message } as const;
      await this.#session.emit({ kind: "log", key: `log:notice:${from}:${at}`, data });
    }
    const stops = divergedAt >= 0 && this.#settings.stop.diverged !== false;
    const lastStep = firstReported({ from, every }) + Math.max(0, divergedAt) * every + 1;
    const range = { from, to: stops ? lastStep : to, every };
    const seen = stops ? cutColumns(columns, divergedAt + 1) : columns;
    for (const event of metricsEvents(seen, range, this.#session.prepared.precision)) {
      await this.#session.emit(event);
    }
    if (!stops) return null;
    const [loss, began] = [columns["loss"]?.[divergedAt], this.#session.position.startLoss];
    const message =
      `the loss left the finite numbers at step ${lastStep}: ` +
      `${shortly(loss ?? Number.NaN)}, from ${shortly(fromFigure(began ?? "NaN"))} at the start`;
    return { type: "failed", error: { code: "diverged", message, retryable: false } };
  }
}
