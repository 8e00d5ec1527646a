/**
 * A descent whose phases are computed in the span of the Jacobian: finds the kernel at each anchor,
 * lets a mover take the steps, and gives weights back by one vjp of the coefficients. Which mover,
 * its maker says.
 */
import assert from "node:assert/strict";
import type { Precision, Tensors } from "#engine/backend.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { createKernel, type KernelComputer } from "#learning/ntk/kernel.ts";
import { slotsOf } from "#learning/optimizer.ts";
import { type Columns, type DescentState, joined, type Stretch } from "./descent.ts";
import type { MoverOptions, PhaseMover } from "./function-space.ts";
import {
  type Base,
  baseFrom,
  type Coefficients,
  type Coordinates,
  combined,
  directionsOf,
  entryCoefficients,
  gramOf,
  type Setting,
} from "./phase.ts";
import { slotName } from "./step.ts";
import type { DescentSurface } from "./surface.ts";
import { Tangents } from "./tangents.ts";

export interface DualOptions extends MoverOptions {
  readonly resets: boolean;
  /** Precision of the kernel and of the Jacobian's products; the run's unless given. */
  readonly inner?: Precision;
}

/** Names of coefficients in a state. */
const coordinateNames = ["c", "a", "moved"] as const;

export class DualDescent implements DescentSurface {
  readonly #options: DualOptions;
  readonly #mover: PhaseMover;
  readonly #tangents: Tangents;
  readonly #parameters: readonly string[];
  readonly #hasMomentum: boolean;
  #kernel: Promise<KernelComputer> | null = null;
  #base: Base | null = null;
  /** What the mover is given when steps are first asked for; null once it has begun. */
  #entry: { readonly state: DescentState; readonly coefficients: Coefficients | null } | null =
    null;
  /** θ and the velocity as they stand; null when steps were taken since. */
  #known: Pick<DescentState, "weights" | "optimizer"> | null = null;

  constructor(options: DualOptions, mover: PhaseMover) {
    const { backend, precision, task } = options;
    this.#options = options;
    this.#mover = mover;
    this.#tangents = new Tangents({ backend, precision: options.inner ?? precision, task });
    this.#parameters = task.network.parameters.map(({ name }) => name);
    this.#hasMomentum = slotsOf(task.optimizer).includes("momentum");
  }

  async restore(state: DescentState): Promise<void> {
    const { phase } = state;
    const written = phase === undefined ? null : readCoefficients(phase);
    const isOwn = written !== null && this.#mover.isTurned === (written.elapsed !== undefined);
    this.#base = isOwn ? readBase(state, phase ?? {}) : baseFrom(this.#parameters, state);
    this.#entry = { state, coefficients: isOwn ? written : null };
    this.#known = state;
  }

  async state(): Promise<DescentState> {
    const base = this.#begun;
    if (this.#entry !== null) return this.#entry.state;
    const coefficients = await this.#mover.written();
    const { weights, optimizer } = await this.#read();
    return { weights, optimizer, anchor: base.anchor, phase: writePhase(base, coefficients) };
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
    await this.#tangents[Symbol.asyncDispose]();
    await (await this.#kernel)?.[Symbol.asyncDispose]();
  }

  get #begun(): Base {
    assert(this.#base !== null, "restore comes first");
    return this.#base;
  }

  /** θ_s ← θ. */
  async #linearise(): Promise<void> {
    const { weights, optimizer } = await this.#read();
    await this.restore({ weights, anchor: null, optimizer: this.#options.resets ? {} : optimizer });
  }

  /** Hands the phase to the mover, unless it has it. */
  async #enter(): Promise<void> {
    if (this.#entry === null) return;
    const setting = await this.#setting(this.#begun);
    const coefficients =
      this.#entry.coefficients ??
      entryCoefficients(setting.outputs.length, setting.images, this.#hasMomentum);
    await this.#mover.begin(setting, coefficients);
    this.#entry = null;
  }

  async #setting(base: Base): Promise<Setting> {
    const { task } = this.#options;
    const { weightDecay, weightDecayTo } = task.optimizer;
    const toZero = weightDecay > 0 && weightDecayTo === "zero";
    const directions = directionsOf(this.#hasMomentum ? base : { ...base, velocity: null }, toZero);
    const kernel = await (await this.#kernelComputer()).compute(base.anchor);
    const size = this.#tangents.examples * this.#tangents.outputs;
    const images = async (): Promise<Float64Array[]> => {
      const found: Float64Array[] = [];
      for (const direction of directions) {
        const image =
          direction === null
            ? new Float64Array(size)
            : await this.#tangents.push(base.anchor, direction);
        found.push(image);
      }
      return found;
    };
    return {
      kernel: {
        ...kernel.tensor,
        shape: [this.#tangents.examples, (size / this.#tangents.examples) * size],
      },
      outputs: await this.#tangents.outputsAt(base.anchor),
      images: directions.every((direction) => direction === null) ? null : await images(),
      gram: gramOf(this.#parameters, directions),
    };
  }

  #kernelComputer(): Promise<KernelComputer> {
    const { backend, task, precision, inner = precision } = this.#options;
    const { network, train } = task;
    const options = { network, backend, precision: inner, x: train.x, variant: "full" } as const;
    this.#kernel ??= createKernel(options);
    return this.#kernel;
  }

  /** θ and the velocity, by a vjp of their coefficients each. */
  async #read(): Promise<Pick<DescentState, "weights" | "optimizer">> {
    if (this.#known !== null) return this.#known;
    const base = this.#begun;
    const { weights, momentum } = await this.#mover.coefficients();
    const moved = await this.#vectorOf(base, weights, true);
    const velocity = momentum === null ? {} : await this.#vectorOf(base, momentum, false);
    const optimizer = Object.entries(velocity).map(
      ([name, value]) => [slotName("momentum", name), value] as const,
    );
    const known = {
      weights: { ...base.anchor, ...moved },
      optimizer: Object.fromEntries(optimizer),
    };
    this.#known = known;
    return known;
  }

  async #vectorOf(base: Base, { c, a }: Coordinates, absolute: boolean): Promise<Tensors> {
    const pulled = await this.#tangents.pull(base.anchor, c);
    const { precision } = this.#options;
    return combined(this.#parameters, base, { pulled, a, absolute, precision });
  }
}

/** A phase as arrays for a checkpoint. */
function writePhase(base: Base, { weights, momentum, elapsed }: Coefficients): Tensors {
  const arrays: Record<string, Tensor> = {};
  const put = (prefix: string, values: Coordinates | null): void => {
    for (const name of coordinateNames) {
      if (values === null) continue;
      arrays[`${prefix}/${name}`] = tensor("float64", [values[name].length], values[name]);
    }
  };
  put("weights", weights);
  put("momentum", momentum);
  if (elapsed !== undefined) {
    arrays["elapsed"] = tensor("float64", [2], [elapsed.steps, elapsed.rate]);
  }
  for (const part of ["velocity", "displacement"] as const) {
    for (const [name, value] of Object.entries(base[part] ?? {})) arrays[`${part}/${name}`] = value;
  }
  return arrays;
}

function readBase(state: DescentState, phase: Tensors): Base {
  const part = (prefix: string): Tensors | null => {
    const found = Object.entries(phase)
      .filter(([name]) => name.startsWith(`${prefix}/`))
      .map(([name, value]) => [name.slice(prefix.length + 1), value] as const);
    return found.length === 0 ? null : Object.fromEntries(found);
  };
  return {
    anchor: state.anchor ?? state.weights,
    velocity: part("velocity"),
    displacement: part("displacement"),
  };
}

function readCoefficients(phase: Tensors): Coefficients {
  const read = (prefix: string): Coordinates | null => {
    const of = (name: string) => phase[`${prefix}/${name}`]?.data;
    const [c, a, moved] = [of("c"), of("a"), of("moved")];
    if (c === undefined || a === undefined || moved === undefined) return null;
    const copy = Float64Array.from.bind(Float64Array) as (data: ArrayLike<number>) => Float64Array;
    return { c: copy(c), a: copy(a), moved: copy(moved) };
  };
  const weights = read("weights");
  assert(weights !== null, "a phase has coefficients");
  const momentum = read("momentum");
  const elapsed = phase["elapsed"]?.data;
  if (elapsed === undefined) return { weights, momentum };
  const [steps = 0, rate = Number.NaN] = elapsed;
  return { weights, momentum, elapsed: { steps, rate } };
}
