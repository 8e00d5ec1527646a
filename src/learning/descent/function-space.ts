/**
 * Steps of one linear phase in function space: the compiled program, its coefficients in and out.
 * What the phase is, dual.ts knows.
 */
import assert from "node:assert/strict";
import type { Backend, Loop, Precision, Tensors } from "#engine/backend.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { averageName, shareAt, shareName } from "#learning/averaging.ts";
import type { Batches } from "#learning/batches.ts";
import type { Columns, Stretch } from "./descent.ts";
import { carriedNames, functionSpaceProgram } from "./function-program.ts";
import { type Coefficients, type Coordinates, extraCount, type Setting } from "./phase.ts";
import type { Task } from "./step.ts";
import type { FunctionSpaceForm } from "./surface.ts";

/** A phase at rest: coefficients, and what a mover of this kind keeps beside them. */
export interface Written {
  readonly coefficients: Coefficients;
  readonly beside: Tensors;
}

/** How coefficients move within a phase. */
export interface PhaseMover extends AsyncDisposable {
  /** Names of the arrays in which it goes on as it began; others are read as they are entered. */
  readonly kind: string;
  /** Takes a phase and where in it to go on; `beside` is what a mover of its kind wrote. */
  begin(setting: Setting, coefficients: Coefficients, beside: Tensors | null): Promise<void>;
  /** Steps that cross no anchor. */
  run(stretch: Stretch): Promise<Columns>;
  /** Where the phase stands. */
  coefficients(): Promise<Coefficients>;
  /** What has gone otherwise than foreseen since this was last asked. */
  notices?(): readonly string[];
  /** What to begin with so that the same bits follow. */
  written(): Promise<Written>;
}

export interface FunctionSpaceOptions extends MoverOptions {
  readonly route: FunctionSpaceForm["route"];
}

export interface MoverOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Task;
  readonly batches: Batches;
}

/** What steps read Θ from. */
function thetaOf({ kernel, primals }: Setting, size: number): Tensors {
  assert(kernel !== null || primals !== null, "steps read the kernel, or what its products need");
  if (kernel === null) return primals ?? {};
  const [examples = 1] = kernel.shape;
  return { kernel: { ...kernel, shape: [examples, (size / examples) * size] } };
}

export class FunctionSpaceMover implements PhaseMover {
  readonly kind = "coefficients";
  readonly #options: FunctionSpaceOptions;
  /** With and without the extra directions. */
  readonly #loops = new Map<boolean, Promise<Loop>>();
  #loop: Loop | null = null;
  #extras = false;
  /** Share of the average with which the phase was entered. */
  #kept = 1;

  constructor(options: FunctionSpaceOptions) {
    this.#options = options;
  }

  async begin(setting: Setting, coefficients: Coefficients): Promise<void> {
    const { outputs, images, gram } = setting;
    const size = outputs.length;
    this.#extras = images !== null;
    this.#kept = coefficients.average?.kept ?? 1;
    const loop = await this.#compiled(this.#extras);
    const vector = (data: Float64Array): Tensor => tensor("float64", [data.length], data);
    const fixed: Record<string, Tensor> = {
      ...thetaOf(setting, size),
      outputs: vector(outputs),
    };
    if (images !== null) {
      const flat = new Float64Array(extraCount * size);
      for (const [at, image] of images.entries()) flat.set(image, at * size);
      fixed["images"] = tensor("float64", [extraCount, size], flat);
      fixed["gram"] = tensor("float64", [extraCount, extraCount], gram);
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
    const read = (prefix: string): Coordinates => {
      const of = (name: string) => Float64Array.from(values[prefix + name]?.data ?? []);
      return {
        c: of(carriedNames.c),
        a: this.#extras ? of(carriedNames.a) : new Float64Array(extraCount),
        moved: of(carriedNames.moved),
      };
    };
    const has = (prefix: string) => values[prefix + carriedNames.c] !== undefined;
    const average = averageName("");
    return {
      weights: read(""),
      momentum: has("momentum/") ? read("momentum/") : null,
      average: has(average) ? { ...read(average), kept: this.#kept } : null,
    };
  }

  async written(): Promise<Written> {
    return { coefficients: await this.coefficients(), beside: {} };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const loop of this.#loops.values()) await (await loop)[Symbol.asyncDispose]();
  }

  get #begun(): Loop {
    assert(this.#loop !== null, "a phase has begun");
    return this.#loop;
  }

  #written({ weights, momentum, average }: Coefficients): Tensors {
    const mean =
      average === null
        ? {}
        : {
            [averageName(carriedNames.c)]: tensor("float64", [average.c.length], average.c),
            ...(this.#extras
              ? { [averageName(carriedNames.a)]: tensor("float64", [extraCount], average.a) }
              : {}),
          };
    const named = (prefix: string, { c, a, moved }: Coordinates) => ({
      [prefix + carriedNames.c]: tensor("float64", [c.length], c),
      ...(this.#extras ? { [prefix + carriedNames.a]: tensor("float64", [a.length], a) } : {}),
      [prefix + carriedNames.moved]: tensor("float64", [moved.length], moved),
    });
    const velocity = momentum === null ? {} : named("momentum/", momentum);
    return { ...named("", weights), ...velocity, ...mean };
  }

  #compiled(extras: boolean): Promise<Loop> {
    const known = this.#loops.get(extras);
    if (known !== undefined) return known;
    const { backend, task, precision, route } = this.#options;
    const made = backend.compileLoop(functionSpaceProgram(task, { extras, route }), precision);
    this.#loops.set(extras, made);
    return made;
  }
}
