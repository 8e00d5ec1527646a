/**
 * A window: steps of a phase in closed form over which one basis of modes holds. Where it began,
 * how far it got, and what follows from both: coefficients and the figures of a step.
 */

import { dotAt, type ModeBasis } from "#learning/solve/mode-basis.ts";
import { copyModes, Jump, type Modes, type StepRule } from "#learning/solve/modes.ts";
import { type Coefficients, type Coordinates, extraCount, type Setting } from "./phase.ts";
import type { Task } from "./step.ts";

/**
 * How far a window got: modes of what the space holds, and scalars that have no eigenvalue: a and
 * its velocity as r and m, the shares of c and u with which the window began as c and u.
 */
export interface Standing {
  readonly modes: Modes;
  readonly scalars: Modes;
  /** Steps at `rate` after the modes that are held. */
  readonly elapsed: number;
  readonly rate: number;
  /** Steps since the window began, `elapsed` included. */
  readonly since: number;
}

/** What is fixed within a phase, whatever window. */
export interface Phase {
  readonly task: Task;
  readonly setting: Pick<Setting, "images" | "gram">;
  /** f_s − y, [N · O]. */
  readonly start: Float64Array;
  /** Constant part of the gradient of each residual, from decay, [N · O]. */
  readonly constants: Float64Array;
}

/** A window's beginning in plain coordinates: residual, its velocity, c and its velocity. */
export interface Beginning {
  readonly r: Float64Array;
  readonly m: Float64Array;
  readonly c: Float64Array;
  readonly u: Float64Array;
}

export function phaseOf(task: Task, setting: Setting, targets: Float64Array): Phase {
  const { weightDecay, weightDecayTo } = task.optimizer;
  const start = setting.outputs.map((value, at) => value - (targets[at] as number));
  const drawn = weightDecayTo === "zero" ? setting.images?.[0] : undefined;
  const constants = start.map((value, at) => weightDecay * ((drawn?.[at] ?? 0) - value));
  return { task, setting, start, constants };
}

export function beginningOf({ start }: Phase, { weights, momentum }: Coefficients): Beginning {
  const size = start.length;
  return {
    r: weights.moved.map((value, at) => value + (start[at] as number)),
    m: momentum?.moved ?? new Float64Array(size),
    c: weights.c,
    u: momentum?.c ?? new Float64Array(size),
  };
}

/** One figure of a step. */
export interface Figures {
  readonly loss: number;
  readonly gradientNorm: number;
  readonly distance: number;
}

const isZero = (x: Float64Array): boolean => !x.some((value) => value !== 0);

/** Inner products with a vector that the basis may not hold: on the basis, and beside it. */
interface Seen {
  readonly modes: Float64Array;
  readonly withC: number;
  readonly withU: number;
}

export class Window {
  readonly basis: ModeBasis;
  readonly beginning: Beginning;
  readonly #phase: Phase;
  readonly #constants: Float64Array;
  readonly #carries: boolean;
  readonly #start: Seen;
  readonly #images: readonly Seen[];
  readonly #c: Float64Array;
  readonly #u: Float64Array;

  constructor(phase: Phase, basis: ModeBasis, beginning: Beginning) {
    this.basis = basis;
    this.beginning = beginning;
    this.#phase = phase;
    this.#constants = basis.into(phase.constants);
    const { c, u } = beginning;
    this.#carries = !isZero(c) || !isZero(u);
    this.#c = this.#carries ? basis.into(c) : c;
    this.#u = this.#carries ? basis.into(u) : u;
    this.#start = this.#seen(phase.start);
    this.#images = (phase.setting.images ?? []).map((image) => this.#seen(image));
  }

  /** Where the window begins. */
  first(given: Coefficients, rate: number): Standing {
    const { basis, beginning } = this;
    const size = basis.values.length;
    const extras = given.weights.a.slice();
    const velocity = given.momentum?.a.slice() ?? new Float64Array(extraCount);
    return {
      modes: {
        r: basis.into(beginning.r),
        m: basis.into(beginning.m),
        c: new Float64Array(size),
        u: new Float64Array(size),
      },
      scalars: {
        r: extras,
        m: velocity,
        c: Float64Array.from({ length: extraCount }, (_, at) => Number(at === 0)),
        u: Float64Array.from({ length: extraCount }, (_, at) => Number(at === 1)),
      },
      elapsed: 0,
      rate,
      since: 0,
    };
  }

  /** What so many steps at a rate do to modes and to scalars. */
  jump(rate: number, times: number): readonly [Jump, Jump] {
    const { task, setting } = this.#phase;
    const { momentum, nesterov, weightDecay: decay, weightDecayTo } = task.optimizer;
    const rule: StepRule = { rate, momentum, nesterov, decay };
    const examples = task.train.x.shape[0] ?? 1;
    const modes = { eigenvalues: this.basis.values, constants: this.#constants, examples };
    // θ_s itself decays to zero: a₁ draws to −1.
    const drawn = new Float64Array(extraCount);
    if (weightDecayTo === "zero" && setting.images !== null) drawn[0] = decay;
    const none = { eigenvalues: new Float64Array(extraCount), constants: drawn, examples: 1 };
    return [new Jump(rule, modes, times), new Jump(rule, none, times)];
  }

  coefficients({ modes, scalars }: Standing): Coefficients {
    const { start, task } = this.#phase;
    const { basis, beginning } = this;
    const plain = (x: Float64Array, [ofC, ofU]: readonly [number, number]): Float64Array => {
      const out = basis.outOf(x);
      if (!this.#carries) return out;
      return out.map(
        (value, at) =>
          value + ofC * (beginning.c[at] as number) + ofU * (beginning.u[at] as number),
      );
    };
    const shares = (x: Float64Array) => [x[0] as number, x[1] as number] as const;
    const weights: Coordinates = {
      c: plain(modes.c, shares(scalars.c)),
      a: scalars.r.slice(),
      moved: basis.outOf(modes.r).map((value, at) => value - (start[at] as number)),
    };
    if (task.optimizer.momentum === 0) return { weights, momentum: null, average: null };
    const c = plain(modes.u, shares(scalars.u));
    const momentum = { c, a: scalars.m.slice(), moved: basis.outOf(modes.m) };
    return { weights, momentum, average: null };
  }

  figures({ modes, scalars }: Standing): Figures {
    const examples = this.#phase.task.train.x.shape[0] ?? 1;
    const { values } = this.basis;
    let [sum, slope] = [0, 0];
    for (let i = 0; i < values.length; i += 1) {
      const square = (modes.r[i] as number) ** 2;
      sum += square;
      slope += (values[i] as number) * square;
    }
    return {
      loss: sum / (2 * examples),
      gradientNorm: Math.sqrt(slope) / examples,
      distance: this.#distanceOf(modes, scalars),
    };
  }

  #seen(x: Float64Array): Seen {
    const { c, u } = this.beginning;
    const none = { withC: 0, withU: 0 };
    const beside = this.#carries ? { withC: dotAt(c, x), withU: dotAt(u, x) } : none;
    return { modes: this.basis.into(x), ...beside };
  }

  /** ‖θ − θ_s‖: cᵀ(Θc + Ea) + a·(Eᵀc + Ga), with Θc + Ea = r − (f_s − y). */
  #distanceOf(modes: Modes, scalars: Modes): number {
    const { gram, images } = this.#phase.setting;
    const [ofC, ofU] = [scalars.c[0] as number, scalars.c[1] as number];
    const along = ({ modes: seen, withC, withU }: Seen): number =>
      dotAt(modes.c, seen) + ofC * withC + ofU * withU;
    let total = 0;
    const begun = this.#start.modes;
    for (const [i, c] of modes.c.entries()) {
      total += c * ((modes.r[i] as number) - (begun[i] as number));
    }
    if (this.#carries) {
      total += ofC * (dotAt(this.#c, modes.r) - this.#start.withC);
      total += ofU * (dotAt(this.#u, modes.r) - this.#start.withU);
    }
    if (images === null) return Math.sqrt(Math.max(0, total));
    for (const [k, a] of scalars.r.entries()) {
      let other = along(this.#images[k] as Seen);
      for (const [l, b] of scalars.r.entries()) other += (gram[k * extraCount + l] as number) * b;
      total += a * other;
    }
    return Math.sqrt(Math.max(0, total));
  }
}

export function copyStanding(standing: Standing): Standing {
  const { modes, scalars } = standing;
  return { ...standing, modes: copyModes(modes), scalars: copyModes(scalars) };
}
