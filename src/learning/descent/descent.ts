/**
 * A compiled descent: runs steps from one place to another in whichever form, linearising at the
 * anchors it is told. Holds weights, anchor and optimiser state; decides nothing.
 */
import assert from "node:assert/strict";
import type { Backend, Loop, Precision, Tensors } from "#engine/backend.ts";
import { arraysOf } from "#engine/network.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import { sizeOf, type Tensor, tensor, zeros } from "#engine/tensor.ts";
import { averageIn, averageName } from "#learning/averaging.ts";
import type { Batches } from "#learning/batches.ts";
import { countOf } from "#learning/examples.ts";
import { slotsOf } from "#learning/optimizer.ts";
import { chanceRows, isChance } from "./chance.ts";
import { type LinearisedForm, linearisedParts, linearisedProgram } from "./linearised.ts";
import { joinParts } from "./parts.ts";
import { Primals } from "./primals.ts";
import { keepPrimals } from "./residuals.ts";
import { scalarSeries } from "./scalar-series.ts";
import { type StandardForm, standardProgram } from "./standard.ts";
import { partialName, slotName, type Task } from "./step.ts";

/** How a step is computed; `keepsPrimals` gathers the anchor's activations instead. */
export type Form = StandardForm | (LinearisedForm & { readonly keepsPrimals: boolean });

/** A descent written down. Names are of parameters and state, or `slot/parameter`. */
export interface DescentState {
  readonly weights: Tensors;
  /** θ_s; null where the form has none. */
  readonly anchor: Tensors | null;
  readonly optimizer: Tensors;
  /** Where a phase in function space was entered and how far it went; absent in weight space. */
  readonly phase?: Tensors;
}

export interface DescentOptions {
  readonly backend: Backend;
  readonly precision: Precision;
  readonly task: Task;
  readonly form: Form;
  readonly batches: Batches;
}

/** Steps `from` … `to` − 1, in one call of `advance`. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  /** Steps in from … to − 1 at which θ_s ← θ, ascending. */
  readonly anchors: readonly number[];
  /** Learning rate, schedule included, of a step. */
  readonly rateAt: (step: number) => number;
  /** Step at which the optimiser's state last began at zero. */
  readonly resetStep: number;
}

/** Per-step series by column, each [to − from]. */
export type Columns = Readonly<Record<string, Float64Array>>;

interface Compiled {
  readonly loop: Loop;
  readonly primals: Primals | null;
  /** Scanned inputs by name. */
  readonly scanned: ReadonlyMap<string, InputNode>;
}

const renamed = (values: Tensors, from: string, to: string): Tensors =>
  Object.fromEntries(
    Object.entries(values)
      .filter(([name]) => name.startsWith(from))
      .map(([name, value]) => [to + name.slice(from.length), value]),
  );

export class Descent implements AsyncDisposable {
  readonly #options: DescentOptions;
  readonly #loop: Loop;
  readonly #primals: Primals | null;
  readonly #scanned: ReadonlyMap<string, InputNode>;
  #anchor: Tensors | null = null;

  private constructor(options: DescentOptions, compiled: Compiled) {
    this.#options = options;
    this.#loop = compiled.loop;
    this.#primals = compiled.primals;
    this.#scanned = compiled.scanned;
  }

  /** Compiles the form; `restore` comes next. */
  static async compile(options: DescentOptions): Promise<Descent> {
    const { backend, precision, task, form } = options;
    const whole =
      form.type === "standard" ? standardProgram(task, form) : linearisedProgram(task, form);
    const keeps = form.type === "linearised" && form.keepsPrimals;
    const kept = keeps ? keepPrimals(whole, countOf(task.train)) : null;
    const program = kept?.step ?? whole;
    const scanned = new Map(program.scanned.map((node) => [node.attributes.name, node]));
    const loop = await backend.compileLoop(program, precision);
    const primals = kept === null ? null : await Primals.compile(options, kept);
    return new Descent(options, { loop, scanned, primals });
  }

  /** Iterations of the loop that make a step. */
  get #parts(): number {
    const { form, task } = this.#options;
    return form.type === "standard" ? (task.parts ?? 1) : linearisedParts(task, form);
  }

  get #holdsAnchor(): boolean {
    const { form } = this.#options;
    return form.type === "linearised" && form.anchor === "invariant";
  }

  /** Parameters of which there is an average. */
  get #averagedNames(): readonly string[] {
    const { network, optimizer } = this.#options.task;
    return optimizer.averaging === null ? [] : network.parameters.map(({ name }) => name);
  }

  /** Takes over a state; slots that it lacks begin at zero, a missing anchor or average at θ. */
  async restore(state: DescentState): Promise<void> {
    const { form, task, precision } = this.#options;
    const slots: Record<string, Tensor> = {};
    for (const slot of slotsOf(task.optimizer)) {
      for (const { name, shape } of task.network.parameters) {
        const key = slotName(slot, name);
        slots[key] = state.optimizer[key] ?? zeros(precision, shape);
      }
    }
    if (this.#parts > 1) {
      for (const { name, shape } of task.network.parameters) {
        slots[`${partialName}/${name}`] = zeros(precision, shape);
      }
    }
    const average = averageIn(this.#averagedNames, state);
    const anchor = state.anchor ?? state.weights;
    this.#loop.write({ ...renamed(state.weights, "", "weights/"), ...slots });
    this.#loop.write(renamed(average, "", averageName("")));
    if (this.#holdsAnchor) await this.#moveAnchor(anchor);
    else if (form.type === "linearised" || form.trailing) {
      this.#loop.write(renamed(anchor, "", "anchor/"));
    }
  }

  async state(): Promise<DescentState> {
    const { task } = this.#options;
    const slots = slotsOf(task.optimizer).flatMap((slot) =>
      task.network.parameters.map(({ name }) => slotName(slot, name)),
    );
    return {
      weights: await this.weights(),
      anchor: await this.anchor(),
      optimizer: await this.#loop.read([...slots, ...this.#averagedNames.map(averageName)]),
    };
  }

  /** θ_s; null where the form has none. */
  async anchor(): Promise<Tensors | null> {
    const { form, task } = this.#options;
    if (this.#holdsAnchor) return this.#anchor;
    if (form.type === "standard" && !form.trailing) return null;
    const names = arraysOf(task.network).map(({ name }) => `anchor/${name}`);
    return renamed(await this.#loop.read(names), "anchor/", "");
  }

  /** θ alone. */
  async weights(): Promise<Tensors> {
    const names = arraysOf(this.#options.task.network).map(({ name }) => `weights/${name}`);
    return renamed(await this.#loop.read(names), "weights/", "");
  }

  /** Runs the steps of a stretch and returns what they emitted. */
  async advance(stretch: Stretch): Promise<Columns> {
    const { form } = this.#options;
    if (!this.#holdsAnchor) return this.#run(stretch);
    assert(form.type === "linearised");
    const parts: Columns[] = [];
    let { from, resetStep } = stretch;
    for (const anchor of [...stretch.anchors, stretch.to]) {
      if (anchor > from) parts.push(await this.#run({ ...stretch, from, to: anchor, resetStep }));
      if (anchor === stretch.to) break;
      await this.#linearise(form.resets);
      if (form.resets) resetStep = anchor;
      from = anchor;
    }
    return joined(parts);
  }

  /** θ_s ← θ between calls. */
  async #linearise(resets: boolean): Promise<void> {
    await this.#moveAnchor(await this.weights());
    if (!resets) return;
    const { task, precision } = this.#options;
    const cleared = slotsOf(task.optimizer).flatMap((slot) =>
      task.network.parameters.map(
        ({ name, shape }) => [slotName(slot, name), zeros(precision, shape)] as const,
      ),
    );
    this.#loop.write(Object.fromEntries(cleared));
  }

  async #moveAnchor(anchor: Tensors): Promise<void> {
    this.#anchor = anchor;
    const named = renamed(anchor, "", "anchor/");
    const kept = this.#primals === null ? {} : await this.#primals.at(named);
    this.#loop.write({ ...named, ...kept });
  }

  async #run(stretch: Stretch): Promise<Columns> {
    const parts = this.#parts;
    const iterations = (stretch.to - stretch.from) * parts;
    const emitted = await this.#loop.run(iterations, this.#series(stretch));
    const columns = Object.fromEntries(
      Object.entries(emitted).map(([name, { data }]) => [name, Float64Array.from(data)]),
    );
    return joinParts(columns, parts);
  }

  /** Every scanned input of a stretch, one value for each part of each step. */
  #series(stretch: Stretch): Tensors {
    const { task, batches, precision, form } = this.#options;
    const { from, to, rateAt } = stretch;
    const parts = this.#parts;
    const steps = to - from;
    const count = steps * parts;
    const anchors = new Set(stretch.anchors);
    const flags = Uint8Array.from({ length: steps }, (_, at) => Number(anchors.has(from + at)));
    const range = { from, steps, rateAt, resets: form.resets };
    const since = { flags, resetStep: stretch.resetStep };
    const scalars = scalarSeries(task.optimizer, range, since);
    const perPart = (value: (step: number, part: number) => number): Uint8Array =>
      Uint8Array.from({ length: count }, (_, at) => value(Math.floor(at / parts), at % parts));
    const series: Record<string, Tensor> = {};
    for (const [name, node] of this.#scanned) {
      if (name === "index") {
        const shape = [count, node.shape[0] ?? 0];
        const data =
          task.batchSize === null
            ? Int32Array.from({ length: sizeOf(shape) }, (_, at) => at % countOf(task.train))
            : batches.indices(from, steps);
        series[name] = { dtype: "int32", shape, data };
      } else if (isChance(node)) {
        series[name] = chanceRows(node, { seed: batches.seed, from, steps });
      } else if (name === "last") {
        const data = perPart((_, part) => Number(part === parts - 1));
        series[name] = { dtype: "bool", shape: [count], data };
      } else if (name === "relinearise" || name === "reset") {
        // What the first part forgets, or takes over, stays so for the parts that follow.
        const data = perPart((step, part) => (part === 0 ? (flags[step] ?? 0) : 0));
        series[name] = { dtype: "bool", shape: [count], data };
      } else {
        const values = scalars[name] ?? [];
        const spread = Array.from(
          { length: count },
          (_, at) => values[Math.floor(at / parts)] ?? 0,
        );
        series[name] = tensor(precision, [count], spread);
      }
    }
    return series;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#primals?.[Symbol.asyncDispose]();
    await this.#loop[Symbol.asyncDispose]();
  }
}

export function joined(parts: readonly Columns[]): Columns {
  const [first = {}] = parts;
  if (parts.length === 1) return first;
  return Object.fromEntries(
    Object.keys(first).map((name) => {
      const pieces = parts.map((part) => part[name] ?? new Float64Array(0));
      const whole = new Float64Array(pieces.reduce((total, piece) => total + piece.length, 0));
      let at = 0;
      for (const piece of pieces) {
        whole.set(piece, at);
        at += piece.length;
      }
      return [name, whole];
    }),
  );
}
