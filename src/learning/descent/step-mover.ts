/**
 * Steps of one linear phase on its coefficients, one after the other: a compiled program, its
 * coefficients in and out. Which program that is, function-program.ts and layer-program.ts say.
 */
import assert from "node:assert/strict";
import type { Loop, Program, Tensors } from "#engine/backend.ts";
import { sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import { averageName, shareAt, shareName } from "#learning/averaging.ts";
import type { Columns, Stretch } from "./descent.ts";
import { type CoefficientPlace, gramName, placeNames } from "./dual-steps.ts";
import { type Coefficients, type Coordinates, extraCount, type Setting } from "./phase.ts";
import type { MoverOptions, PhaseMover, Written } from "./phase-mover.ts";

/** A way of taking steps on coefficients. */
export interface Stepping extends AsyncDisposable {
  /** As `PhaseMover.kind`. */
  readonly kind: string;
  /** Where coefficients lie, one place after the other. */
  readonly places: readonly CoefficientPlace[];
  /** A step; `extras`: whether θ_s, v₀ and d₀ are among the directions. */
  program(extras: boolean): Program;
  /** Values of the program's invariants at an anchor, those of the extra directions left out. */
  fixed(setting: Setting): Promise<Tensors>;
}

export class StepMover implements PhaseMover {
  readonly #options: MoverOptions;
  readonly #stepping: Stepping;
  /** With and without the extra directions. */
  readonly #loops = new Map<boolean, Promise<Loop>>();
  #loop: Loop | null = null;
  #extras = false;
  /** Share of the average with which the phase was entered. */
  #kept = 1;

  constructor(options: MoverOptions, stepping: Stepping) {
    this.#options = options;
    this.#stepping = stepping;
  }

  get kind(): string {
    return this.#stepping.kind;
  }

  async begin(setting: Setting, coefficients: Coefficients): Promise<void> {
    const { images, gram } = setting;
    this.#extras = images !== null;
    this.#kept = coefficients.average?.kept ?? 1;
    const loop = await this.#compiled(this.#extras);
    const fixed: Record<string, Tensor> = { ...(await this.#stepping.fixed(setting)) };
    if (images !== null) {
      for (const { names, size, from } of this.#laid) {
        const flat = new Float64Array(extraCount * size);
        for (const [at, image] of images.entries()) {
          flat.set(image.subarray(from, from + size), at * size);
        }
        fixed[names.images] = tensor("float64", [extraCount, size], flat);
      }
      fixed[gramName] = tensor("float64", [extraCount, extraCount], gram);
    }
    loop.write({ ...fixed, ...this.#written(coefficients) });
    this.#loop = loop;
  }

  async run(stretch: Stretch): Promise<Columns> {
    const { from, to, rateAt } = stretch;
    const { task, batches, precision } = this.#options;
    const steps = to - from;
    const rates = Float64Array.from({ length: steps }, (_, at) => rateAt(from + at));
    const scanned: Record<string, Tensor> = { rate: tensor(precision, [steps], rates) };
    const { averaging } = task.optimizer;
    if (averaging !== null) {
      const shares = rates.map((_, at) => shareAt(averaging, from + at + 1));
      scanned[shareName] = tensor(precision, [steps], shares);
      for (const share of shares) this.#kept *= 1 - share;
    }
    if (task.batchSize !== null) {
      const data = batches.indices(from, steps);
      scanned["index"] = { dtype: "int32", shape: [steps, task.batchSize], data };
    }
    const emitted = await this.#begun.run(steps, scanned);
    return Object.fromEntries(
      Object.entries(emitted).map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
  }

  async coefficients(): Promise<Coefficients> {
    const values = await this.#begun.read();
    const whole = (nameOf: (names: Laid["names"]) => string): Float64Array => {
      const data = new Float64Array(this.#size);
      for (const { names, from } of this.#laid) data.set(values[nameOf(names)]?.data ?? [], from);
      return data;
    };
    const extras = (name: string): Float64Array =>
      this.#extras ? Float64Array.from(values[name]?.data ?? []) : new Float64Array(extraCount);
    const read = (prefix: string): Coordinates => ({
      c: whole(({ c }) => prefix + c),
      a: extras(`${prefix}a`),
      moved: whole(({ moved }) => prefix + moved),
    });
    const { momentum, averaging } = this.#options.task.optimizer;
    const average = {
      c: whole(({ c }) => averageName(c)),
      a: extras(averageName("a")),
      kept: this.#kept,
    };
    return {
      weights: read(""),
      momentum: momentum === 0 ? null : read("momentum/"),
      average: averaging === null ? null : average,
    };
  }

  async written(): Promise<Written> {
    return { coefficients: await this.coefficients(), beside: {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const loop of this.#loops.values()) await (await loop)[Symbol.asyncDispose]();
    await this.#stepping[Symbol.asyncDispose]();
  }

  get #begun(): Loop {
    assert(this.#loop !== null, "a phase has begun");
    return this.#loop;
  }

  get #size(): number {
    return this.#stepping.places.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /** Places with where each begins in the whole. */
  get #laid(): readonly Laid[] {
    let from = 0;
    return this.#stepping.places.map(({ suffix, shape }) => {
      const size = sizeOf(shape);
      from += size;
      return { names: placeNames(suffix), shape, size, from: from - size };
    });
  }

  #written({ weights, momentum, average }: Coefficients): Tensors {
    const arrays: Record<string, Tensor> = {};
    const put = (nameOf: (names: Laid["names"]) => string, data: Float64Array): void => {
      for (const { names, shape, size, from } of this.#laid) {
        arrays[nameOf(names)] = tensor("float64", shape, data.subarray(from, from + size));
      }
    };
    const extras = (name: string, a: Float64Array): void => {
      if (this.#extras) arrays[name] = tensor("float64", [extraCount], a);
    };
    const named = (prefix: string, { c, a, moved }: Coordinates): void => {
      put((names) => prefix + names.c, c);
      put((names) => prefix + names.moved, moved);
      extras(`${prefix}a`, a);
    };
    named("", weights);
    if (momentum !== null) named("momentum/", momentum);
    if (average !== null) {
      put(({ c }) => averageName(c), average.c);
      extras(averageName("a"), average.a);
    }
    return arrays;
  }

  #compiled(extras: boolean): Promise<Loop> {
    const known = this.#loops.get(extras);
    if (known !== undefined) return known;
    const { backend, precision } = this.#options;
    const made = backend.compileLoop(this.#stepping.program(extras), precision);
    this.#loops.set(extras, made);
    return made;
  }
}

interface Laid {
  readonly names: ReturnType<typeof placeNames>;
  readonly shape: CoefficientPlace["shape"];
  readonly size: number;
  readonly from: number;
}
