/**
 * A descent whose phases are computed on coefficients of a span in which all gradients lie: enters
 * a phase, lets a mover take the steps, and gives weights back by one pull of the coefficients.
 * Which span and which mover, its maker says.
 */
import assert from "node:assert/strict";
import type { Tensors } from "#engine/backend.ts";
import { averageName, averagesOf } from "#learning/averaging.ts";
import { slotsOf } from "#learning/optimizer.ts";
import { type Columns, type DescentState, joined, type Stretch } from "./descent.ts";
import {
  type Base,
  baseFrom,
  type Coordinates,
  combined,
  directionsOf,
  entryCoefficients,
  gramOf,
  type Setting,
} from "./phase.ts";
import { readBase, readWritten, writePhase } from "./phase-arrays.ts";
import type { MoverOptions, PhaseMover, Written } from "./phase-mover.ts";
import type { Span } from "./span.ts";
import { slotName } from "./step.ts";
import type { DescentSurface } from "./surface.ts";

export interface DualOptions extends Pick<MoverOptions, "precision" | "task"> {
  readonly resets: boolean;
}

/** What a phase is computed in, and by. Both are disposed of with the descent. */
export interface DualMeans {
  readonly span: Span;
  readonly mover: PhaseMover;
}

export class DualDescent implements DescentSurface {
  readonly #options: DualOptions;
  readonly #mover: PhaseMover;
  readonly #span: Span;
  readonly #parameters: readonly string[];
  readonly #hasMomentum: boolean;
  #base: Base | null = null;
  /** What the mover is given when steps are first asked for; null once it has begun. */
  #entry: { readonly state: DescentState; readonly written: Written | null } | null = null;
  /** θ and the velocity as they stand; null when steps were taken since. */
  #known: Pick<DescentState, "weights" | "optimizer"> | null = null;

  constructor(options: DualOptions, { span, mover }: DualMeans) {
    const { task } = options;
    this.#options = options;
    this.#mover = mover;
    this.#span = span;
    this.#parameters = task.network.parameters.map(({ name }) => name);
    this.#hasMomentum = slotsOf(task.optimizer).includes("momentum");
  }

  async restore(state: DescentState): Promise<void> {
    const { phase } = state;
    const written = phase === undefined ? null : readWritten(phase, this.#mover.kind);
    this.#base =
      written === null
        ? baseFrom(this.#parameters, state, this.#averages)
        : readBase(state, phase ?? {});
    this.#entry = { state, written };
    this.#known = state;
  }

  async state(): Promise<DescentState> {
    const base = this.#begun;
    if (this.#entry !== null) return this.#entry.state;
    const phase = writePhase(base, await this.#mover.written(), this.#mover.kind);
    const { weights, optimizer } = await this.#read();
    return { weights, optimizer, anchor: base.anchor, phase };
  }

  async anchor(): Promise<Tensors | null> {
    return this.#begun.anchor;
  }

  async weights(): Promise<Tensors> {
    return (await this.#read()).weights;
  }

  async advance(stretch: Stretch): Promise<Columns> {
    const parts: Columns[] = [];
    let { from } = stretch;
    for (const anchor of [...stretch.anchors, stretch.to]) {
      if (anchor > from) {
        await this.#enter();
        this.#known = null;
        parts.push(await this.#mover.run({ ...stretch, from, to: anchor, anchors: [] }));
      }
      if (anchor === stretch.to) break;
      await this.#linearise();
      from = anchor;
    }
    return joined(parts);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#mover[Symbol.asyncDispose]();
    await this.#span[Symbol.asyncDispose]();
  }

  get #averages(): boolean {
    return this.#options.task.optimizer.averaging !== null;
  }

  get #begun(): Base {
    assert(this.#base !== null, "restore comes first");
    return this.#base;
  }

  /** θ_s ← θ. */
  async #linearise(): Promise<void> {
    const { weights, optimizer } = await this.#read();
    const carried = this.#options.resets ? averagesOf(optimizer) : optimizer;
    await this.restore({ weights, anchor: null, optimizer: carried });
  }

  /** Hands the phase to the mover, unless it has it. */
  async #enter(): Promise<void> {
    if (this.#entry === null) return;
    const setting = await this.#setting(this.#begun);
    const { written } = this.#entry;
    const coefficients =
      written?.coefficients ??
      entryCoefficients(this.#span.size, setting.images, {
        momentum: this.#hasMomentum,
        average: this.#averages,
      });
    await this.#mover.begin(setting, coefficients, written?.beside ?? null);
    this.#entry = null;
  }

  async #setting(base: Base): Promise<Setting> {
    const { task } = this.#options;
    const { weightDecay, weightDecayTo } = task.optimizer;
    const toZero = weightDecay > 0 && weightDecayTo === "zero";
    const directions = directionsOf(this.#hasMomentum ? base : { ...base, velocity: null }, toZero);
    const images = async (): Promise<Float64Array[]> => {
      const found: Float64Array[] = [];
      for (const direction of directions) {
        const image =
          direction === null
            ? new Float64Array(this.#span.size)
            : await this.#span.push(base.anchor, direction);
        found.push(image);
      }
      return found;
    };
    return {
      ...(await this.#span.given(base.anchor)),
      anchor: base.anchor,
      images: directions.every((direction) => direction === null) ? null : await images(),
      gram: gramOf(this.#parameters, directions),
    };
  }

  /** θ, the velocity and the average, by a pull of their coefficients each. */
  async #read(): Promise<Pick<DescentState, "weights" | "optimizer">> {
    if (this.#known !== null) return this.#known;
    const base = this.#begun;
    const { weights, momentum, average } = await this.#mover.coefficients();
    const moved = await this.#vectorOf(base, weights, { anchor: 1, kept: 0 });
    const still = { anchor: 0, kept: 0 };
    const velocity = momentum === null ? {} : await this.#vectorOf(base, momentum, still);
    const mean =
      average === null
        ? {}
        : await this.#vectorOf(base, average, { anchor: 1 - average.kept, kept: average.kept });
    const known = {
      weights: { ...base.anchor, ...moved },
      optimizer: {
        ...renamed(velocity, (name) => slotName("momentum", name)),
        ...renamed(mean, averageName),
      },
    };
    this.#known = known;
    return known;
  }

  async #vectorOf(
    base: Base,
    { c, a }: Pick<Coordinates, "c" | "a">,
    shares: { readonly anchor: number; readonly kept: number },
  ): Promise<Tensors> {
    const pulled = await this.#span.pull(base.anchor, c);
    const { precision } = this.#options;
    return combined(this.#parameters, base, { pulled, a, ...shares, precision });
  }
}

const renamed = (values: Tensors, name: (from: string) => string): Tensors =>
  Object.fromEntries(Object.entries(values).map(([from, value]) => [name(from), value]));
