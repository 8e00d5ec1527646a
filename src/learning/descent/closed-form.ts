/**
 * Steps of one linear phase of mean_squared_error on full batches without taking them: in the
 * kernel's eigenbasis each mode moves by an affine map, so that t steps are its t-th power.
 * Discrete steps, not gradient flow.
 */
import assert from "node:assert/strict";
import type { Loop } from "#engine/backend.ts";
import { tensor, zeros } from "#engine/tensor.ts";
import type { StepRule } from "#learning/solve/modes.ts";
import { copyModes, Jump, type Modes } from "#learning/solve/modes.ts";
import { Spectrum } from "#learning/solve/spectrum.ts";
import type { Columns, Stretch } from "./descent.ts";
import type { MoverOptions, PhaseMover } from "./function-space.ts";
import { type Coefficients, extraCount, type Setting } from "./phase.ts";
import { accuracyProgram, pointsPerCall, targetValues } from "./residual-accuracy.ts";

export interface ClosedFormOptions extends MoverOptions {
  /** Steps between two that are reported. */
  readonly every: number;
}

/** A phase in its eigenbasis. */
interface Turned {
  readonly spectrum: Spectrum;
  readonly setting: Setting;
  readonly targets: Float64Array;
  /** f_s − y in the eigenbasis. */
  readonly start: Float64Array;
  /** Constant part of the gradient of each residual, from decay. */
  readonly constants: Float64Array;
  /** E in the eigenbasis. */
  readonly images: readonly Float64Array[] | null;
}

/** Where the phase stands: `elapsed` steps at `rate` after the state that is held. */
interface Standing {
  readonly modes: Modes;
  /** a and its velocity, as the modes of three directions without eigenvalue. */
  readonly extras: Modes;
  readonly elapsed: number;
  readonly rate: number;
}

export class ClosedFormMover implements PhaseMover {
  readonly isTurned = true;
  readonly #options: ClosedFormOptions;
  readonly #jumps = new Map<string, readonly [Jump, Jump]>();
  #accuracy: Loop | null = null;
  #turned: Turned | null = null;
  #standing: Standing | null = null;

  constructor(options: ClosedFormOptions) {
    this.#options = options;
  }

  async begin(setting: Setting, coefficients: Coefficients): Promise<void> {
    const { task, backend, precision } = this.#options;
    const size = setting.outputs.length;
    const unit = precision === "float64" ? Number.EPSILON : 2 ** -23;
    const spectrum = new Spectrum(setting.kernel.data, size, unit);
    const targets = await targetValues(task, backend);
    const { weightDecay, weightDecayTo } = task.optimizer;
    const start = spectrum.into(
      setting.outputs.map((value, at) => value - (targets[at] as number)),
    );
    const images = setting.images?.map((image) => spectrum.into(image)) ?? null;
    const drawn = weightDecayTo === "zero" ? images?.[0] : undefined;
    const constants = start.map((value, at) => weightDecay * ((drawn?.[at] ?? 0) - value));
    this.#turned = { spectrum, setting, targets, start, constants, images };
    this.#jumps.clear();
    this.#standing = standingFrom(this.#turned, coefficients);
    if (task.train.y.dtype !== "int32") return;
    // Whether a class is right does not hang on the last digits.
    this.#accuracy ??= await backend.compileLoop(accuracyProgram(task), "float32");
    const basis = tensor("float64", [size, size], spectrum.vectors);
    const wanted = tensor("float64", [size], targets);
    this.#accuracy.write({ basis, targets: wanted });
  }

  async run(stretch: Stretch): Promise<Columns> {
    const { from, to, rateAt } = stretch;
    const points: Standing[] = [];
    for (let step = from; step < to; ) {
      const rate = rateAt(step);
      const isReported = step % this.#options.every === 0;
      if (isReported || rate !== this.#held.rate) this.#settle(rate);
      if (isReported)
        points.push({
          ...this.#held,
          modes: copyModes(this.#held.modes),
          extras: copyModes(this.#held.extras),
        });
      const next = this.#nextStop(step, to, rateAt);
      this.#standing = { ...this.#held, elapsed: this.#held.elapsed + next - step };
      step = next;
    }
    return await this.#columnsOf(points);
  }

  /** What is held, in the eigenbasis: bits do not depend on when it is written down. */
  async written(): Promise<Coefficients> {
    const { elapsed, rate, modes, extras } = this.#held;
    return {
      weights: { c: modes.c, a: extras.r, moved: modes.r },
      momentum: { c: modes.u, a: extras.m, moved: modes.m },
      elapsed: { steps: elapsed, rate },
    };
  }

  async coefficients(): Promise<Coefficients> {
    return this.#coefficientsOf(this.#moved());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#accuracy?.[Symbol.asyncDispose]();
  }

  get #held(): Standing {
    assert(this.#standing !== null, "a phase has begun");
    return this.#standing;
  }

  get #phase(): Turned {
    assert(this.#turned !== null, "a phase has begun");
    return this.#turned;
  }

  /** The first step after `step` that is reported or has another rate; at most `to`. */
  #nextStop(step: number, to: number, rateAt: Stretch["rateAt"]): number {
    const { every } = this.#options;
    const reported = Math.min(to, (Math.floor(step / every) + 1) * every);
    // Steering takes effect between stretches, so that only a schedule changes rates within one.
    if (this.#options.task.optimizer.schedule.type === "constant") return reported;
    const rate = rateAt(step);
    for (let next = step + 1; next < reported; next += 1) {
      if (rateAt(next) !== rate) return next;
    }
    return reported;
  }

  /** Makes the present state the one that is held, and `rate` the one in force. */
  #settle(rate: number): void {
    this.#standing = { ...this.#moved(), elapsed: 0, rate };
  }

  #moved(): Standing {
    const { elapsed, rate, modes, extras } = this.#held;
    if (elapsed === 0) return this.#held;
    const [jump, jumpOfExtras] = this.#jumpOf(rate, elapsed);
    const moved = { ...this.#held, modes: copyModes(modes), extras: copyModes(extras), elapsed: 0 };
    jump.apply(moved.modes);
    jumpOfExtras.apply(moved.extras);
    return moved;
  }

  #jumpOf(rate: number, times: number): readonly [Jump, Jump] {
    const key = `${rate} ${times}`;
    const known = this.#jumps.get(key);
    if (known !== undefined) return known;
    const { task } = this.#options;
    const { momentum, nesterov, weightDecay: decay, weightDecayTo } = task.optimizer;
    const rule: StepRule = { rate, momentum, nesterov, decay };
    const { spectrum, constants, setting } = this.#phase;
    const examples = task.train.x.shape[0] ?? 1;
    const jump = new Jump(rule, { eigenvalues: spectrum.values, constants, examples }, times);
    // θ_s itself decays to zero: a₁ draws to −1.
    const drawn = new Float64Array(extraCount);
    if (weightDecayTo === "zero" && setting.images !== null) drawn[0] = decay;
    const none = { eigenvalues: new Float64Array(extraCount), constants: drawn, examples: 1 };
    const made = [jump, new Jump(rule, none, times)] as const;
    if (this.#jumps.size >= jumpsKeptMax) this.#jumps.clear();
    this.#jumps.set(key, made);
    return made;
  }

  #coefficientsOf({ modes, extras }: Standing): Coefficients {
    const { spectrum, start } = this.#phase;
    const back = (x: Float64Array): Float64Array => spectrum.outOf(x);
    const weights = {
      c: back(modes.c),
      a: extras.r.slice(),
      moved: back(modes.r.map((value, at) => value - (start[at] as number))),
    };
    const hasMomentum = this.#options.task.optimizer.momentum > 0;
    const momentum = hasMomentum
      ? { c: back(modes.u), a: extras.m.slice(), moved: back(modes.m) }
      : null;
    return { weights, momentum };
  }

  async #columnsOf(points: readonly Standing[]): Promise<Columns> {
    const { task } = this.#options;
    const examples = task.train.x.shape[0] ?? 1;
    const { values } = this.#phase.spectrum;
    const loss = new Float64Array(points.length);
    const norms = new Float64Array(points.length);
    const distances = new Float64Array(points.length);
    for (const [at, { modes, extras }] of points.entries()) {
      let [sum, slope] = [0, 0];
      for (let i = 0; i < values.length; i += 1) {
        const square = (modes.r[i] as number) ** 2;
        sum += square;
        slope += (values[i] as number) * square;
      }
      loss[at] = sum / (2 * examples);
      norms[at] = Math.sqrt(slope) / examples;
      distances[at] = this.#distanceOf(modes, extras);
    }
    const accuracy = await this.#accuracies(points);
    return {
      loss,
      ...(accuracy === null ? {} : { accuracy }),
      ...(task.gradientNorm ? { gradient_norm: norms } : {}),
      distance_from_anchor: distances,
    };
  }

  /** ‖θ − θ_s‖: cᵀ(Θc + Ea) + a·(Eᵀc + Ga). */
  #distanceOf(modes: Modes, extras: Modes): number {
    const { start, images, setting } = this.#phase;
    let total = 0;
    for (const [i, c] of modes.c.entries()) {
      total += c * ((modes.r[i] as number) - (start[i] as number));
    }
    if (images === null) return Math.sqrt(Math.max(0, total));
    for (const [k, a] of extras.r.entries()) {
      let along = 0;
      for (const [i, value] of (images[k] as Float64Array).entries()) {
        along += value * (modes.c[i] as number);
      }
      for (const [l, other] of extras.r.entries()) {
        along += (setting.gram[k * extraCount + l] as number) * other;
      }
      total += a * along;
    }
    return Math.sqrt(Math.max(0, total));
  }

  /** Share of right classes at each point; null for real targets. */
  async #accuracies(points: readonly Standing[]): Promise<Float64Array | null> {
    if (this.#accuracy === null) return null;
    const out = new Float64Array(points.length);
    if (points.length === 0) return out;
    const size = this.#phase.start.length;
    const calls = Math.ceil(points.length / pointsPerCall);
    const residuals = zeros("float64", [calls, pointsPerCall, size]);
    for (const [at, { modes }] of points.entries()) residuals.data.set(modes.r, at * size);
    const { hits } = await this.#accuracy.run(calls, { residuals });
    const examples = this.#options.task.train.x.shape[0] ?? 1;
    return out.map((_, at) => (hits?.data[at] ?? Number.NaN) / examples);
  }
}

/** Powers kept at a time. */
const jumpsKeptMax = 16;

function standingFrom({ spectrum, start }: Turned, given: Coefficients): Standing {
  const { weights, momentum, elapsed } = given;
  const size = start.length;
  const zero = {
    c: new Float64Array(size),
    a: new Float64Array(extraCount),
    moved: new Float64Array(size),
  };
  const velocity = momentum ?? zero;
  const extras = {
    r: weights.a.slice(),
    m: velocity.a.slice(),
    c: new Float64Array(extraCount),
    u: new Float64Array(extraCount),
  };
  if (elapsed !== undefined) {
    const modes = { r: weights.moved, m: velocity.moved, c: weights.c, u: velocity.c };
    return { modes: copyModes(modes), extras, elapsed: elapsed.steps, rate: elapsed.rate };
  }
  const moved = spectrum.into(weights.moved);
  const modes = {
    r: moved.map((value, at) => value + (start[at] as number)),
    m: spectrum.into(velocity.moved),
    c: spectrum.into(weights.c),
    u: spectrum.into(velocity.c),
  };
  return { modes, extras, elapsed: 0, rate: Number.NaN };
}
