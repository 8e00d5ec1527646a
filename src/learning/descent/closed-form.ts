/**
 * Steps of one linear phase of mean_squared_error on full batches without taking them: on a basis
 * of modes each one moves by an affine map, so that t steps are its t-th power. Discrete steps, not
 * gradient flow. The basis is the kernel's eigenbasis, or Krylov spaces, one window after another.
 */
import assert from "node:assert/strict";
import type { Precision, Tensors } from "#engine/backend.ts";
import type { ModeBasis } from "#learning/solve/mode-basis.ts";
import type { Jump } from "#learning/solve/modes.ts";
import { Spectrum } from "#learning/solve/spectrum.ts";
import { type Columns, joined, type Stretch } from "./descent.ts";
import type { MoverOptions, PhaseMover, Written } from "./function-space.ts";
import type { Coefficients, Setting } from "./phase.ts";
import { Accuracies, targetValues } from "./residual-accuracy.ts";
import { endless, spaceFor, type Where } from "./space.ts";
import type { ClosedForm } from "./surface.ts";
import { beginningOf, copyStanding, type Phase, phaseOf, type Standing, Window } from "./window.ts";
import { readWindow, writeWindow } from "./window-arrays.ts";

export interface ClosedFormOptions extends MoverOptions {
  readonly form: ClosedForm;
  /** Of the kernel whose spectrum takes over from a space; that of products unless given. */
  readonly spectrumPrecision?: Precision;
}

/** A window under way, in a phase. */
interface Under {
  readonly window: Window;
  /** What it began with. */
  readonly given: Coefficients;
  /** The rate that its basis was made for. */
  readonly rate: number;
  /** Steps that its basis holds. */
  readonly steps: number;
  /** Steps of the phase before it. */
  readonly before: number;
}

interface Found {
  readonly window: Window;
  /** For which its basis is good. */
  readonly steps: number;
}

/** Powers kept at a time. */
const jumpsKeptMax = 16;

export class ClosedFormMover implements PhaseMover {
  readonly #options: ClosedFormOptions;
  readonly #jumps = new Map<string, readonly [Jump, Jump]>();
  readonly #accuracies: Accuracies | null;
  #targets: Float64Array | null = null;
  #setting: Setting | null = null;
  #phase: Phase | null = null;
  /** Where to go on once a rate is known; null while a window is under way. */
  #pending: Coefficients | null = null;
  #under: Under | null = null;
  #standing: Standing | null = null;
  readonly #notices: string[] = [];

  constructor(options: ClosedFormOptions) {
    const { task, backend } = options;
    this.#options = options;
    // Whether a class is right does not hang on the last digits.
    this.#accuracies = task.train.y.dtype === "int32" ? new Accuracies(task, backend) : null;
  }

  /** Modes of one route mean nothing to another. */
  get kind(): string {
    return this.#options.form.route;
  }

  async begin(setting: Setting, coefficients: Coefficients, beside: Tensors | null): Promise<void> {
    const { task, backend } = this.#options;
    this.#setting = setting;
    this.#targets ??= await targetValues(task, backend);
    this.#phase = phaseOf(task, setting, this.#targets);
    this.#standing = null;
    this.#pending = coefficients;
    if (beside === null) return;
    const { rate, before, standing } = readWindow(beside);
    await this.#open(rate, before);
    this.#standing = standing;
    // Whoever wrote it down has said so.
    this.#notices.length = 0;
  }

  async run(stretch: Stretch): Promise<Columns> {
    const { from, to, rateAt } = stretch;
    const { every } = this.#options.form;
    const points: Standing[] = [];
    const parts: Columns[] = [];
    for (let step = from; step < to; ) {
      const rate = rateAt(step);
      if (this.#mustOpen(rate)) {
        if (points.length > 0) parts.push(await this.#columnsOf(points.splice(0)));
        await this.#openNext(rate);
      }
      const isReported = step % every === 0;
      if (isReported || rate !== this.#held.rate) this.#settle(rate);
      if (isReported) points.push(copyStanding(this.#held));
      const taken = this.#nextStop(step, stretch) - step;
      const { elapsed, since } = this.#held;
      this.#standing = { ...this.#held, elapsed: elapsed + taken, since: since + taken };
      step += taken;
    }
    parts.push(await this.#columnsOf(points));
    return joined(parts);
  }

  /** What is held, as modes: bits do not depend on when it is written down. */
  async written(): Promise<Written> {
    const { given, rate, before } = this.#running;
    return { coefficients: given, beside: writeWindow({ standing: this.#held, rate, before }) };
  }

  async coefficients(): Promise<Coefficients> {
    return this.#running.window.coefficients(this.#moved());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#accuracies?.[Symbol.asyncDispose]();
  }

  notices(): readonly string[] {
    return this.#notices.splice(0);
  }

  get #held(): Standing {
    assert(this.#standing !== null, "a phase has begun");
    return this.#standing;
  }

  get #running(): Under {
    assert(this.#under !== null, "a phase has begun");
    return this.#under;
  }

  /** Whether the basis that is held says nothing of the next step. */
  #mustOpen(rate: number): boolean {
    if (this.#pending !== null) return true;
    const { steps, rate: own } = this.#running;
    if (steps === endless) return false;
    return this.#held.since >= steps || rate !== own;
  }

  async #openNext(rate: number): Promise<void> {
    let before = 0;
    if (this.#pending === null) {
      before = this.#running.before + this.#held.since;
      this.#pending = this.#running.window.coefficients(this.#moved());
    }
    await this.#open(rate, before);
  }

  /** A window from where things stand. */
  async #open(rate: number, before: number): Promise<void> {
    assert(this.#phase !== null && this.#pending !== null, "a phase has begun");
    const given = this.#pending;
    const beginning = beginningOf(this.#phase, given);
    const { window, steps } = await this.#found(given, { beginning, rate, before });
    this.#under = { window, given, rate, steps, before };
    this.#standing = window.first(given, rate);
    this.#pending = null;
    this.#jumps.clear();
    await this.#accuracies?.begin(window.basis);
  }

  /** A window with a basis, and the steps for which it is good. */
  async #found(given: Coefficients, at: Where): Promise<Found> {
    const { form, task, precision, spectrumPrecision = precision } = this.#options;
    const [phase, setting] = [this.#phase, this.#setting];
    assert(phase !== null && setting !== null, "a phase has begun");
    const on = (basis: ModeBasis): Window => new Window(phase, basis, at.beginning);
    const size = setting.outputs.length;
    if (form.route === "spectrum") {
      assert(setting.kernel !== null, "a spectrum comes from the kernel");
      const spectrum = new Spectrum(setting.kernel.data, size, unitOf[precision]);
      return { window: on(spectrum), steps: endless };
    }
    assert(setting.product !== null, "a Krylov space comes from products");
    const space = { product: setting.product, given, task, form, phase, unit: unitOf[precision] };
    const { basis, steps, ahead } = await spaceFor(space, at);
    if (setting.whole === undefined || steps >= ahead) return { window: on(basis), steps };
    this.#notices.push(
      `a Krylov space of ${basis.values.length} products does not hold the ${ahead} steps ahead: ` +
        "the kernel's spectrum takes its place",
    );
    const kernel = await setting.whole();
    const spectrum = new Spectrum(kernel.data, size, unitOf[spectrumPrecision]);
    return { window: on(spectrum), steps: endless };
  }

  /** The first step after `step` that is reported, has another rate or basis; at most `to`. */
  #nextStop(step: number, { to, rateAt }: Stretch): number {
    const { form, task } = this.#options;
    const reported = (Math.floor(step / form.every) + 1) * form.every;
    const closed = step + this.#running.steps - this.#held.since;
    const last = Math.min(to, reported, closed);
    // Steering takes effect between stretches, so that only a schedule changes rates within one.
    if (task.optimizer.schedule.type === "constant") return last;
    const rate = rateAt(step);
    for (let next = step + 1; next < last; next += 1) {
      if (rateAt(next) !== rate) return next;
    }
    return last;
  }

  /** Makes the present state the one that is held, and `rate` the one in force. */
  #settle(rate: number): void {
    this.#standing = { ...this.#moved(), elapsed: 0, rate };
  }

  #moved(): Standing {
    const { elapsed, rate } = this.#held;
    if (elapsed === 0) return this.#held;
    const [jump, jumpOfScalars] = this.#jumpOf(rate, elapsed);
    const moved = { ...copyStanding(this.#held), elapsed: 0 };
    jump.apply(moved.modes);
    jumpOfScalars.apply(moved.scalars);
    return moved;
  }

  #jumpOf(rate: number, times: number): readonly [Jump, Jump] {
    const key = `${rate} ${times}`;
    const known = this.#jumps.get(key);
    if (known !== undefined) return known;
    const made = this.#running.window.jump(rate, times);
    if (this.#jumps.size >= jumpsKeptMax) this.#jumps.clear();
    this.#jumps.set(key, made);
    return made;
  }

  async #columnsOf(points: readonly Standing[]): Promise<Columns> {
    const { window } = this.#running;
    const figures = points.map((point) => window.figures(point));
    const residuals = points.map(({ modes }) => modes.r);
    const accuracy = await this.#accuracies?.of(residuals);
    return {
      loss: Float64Array.from(figures, ({ loss }) => loss),
      ...(accuracy === undefined ? {} : { accuracy }),
      ...(this.#options.task.gradientNorm
        ? { gradient_norm: Float64Array.from(figures, ({ gradientNorm }) => gradientNorm) }
        : {}),
      distance_from_anchor: Float64Array.from(figures, ({ distance }) => distance),
    };
  }
}

/** Relative rounding of a number. */
const unitOf: Readonly<Record<Precision, number>> = { float64: Number.EPSILON, float32: 2 ** -23 };
