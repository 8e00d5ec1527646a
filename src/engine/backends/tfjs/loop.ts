/**
 * A program run eagerly, step by step, with its state in tensors on the device. Scanned values go
 * there once a call and emitted ones come back once a call.
 */
import type { Loop, Program, Tensors } from "#engine/backend.ts";
import { checkProgram, checkValue } from "#engine/graph/program.ts";
import type { LoopSequences } from "#engine/graph/sequence.ts";
import { loopSequences } from "#engine/graph/sequence.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { EagerValues } from "./evaluate.ts";
import { downloaded, evaluate, releaseAll, uploaded, valueFor, Workshop } from "./evaluate.ts";
import type { EagerTensor, Library } from "./library.ts";
import { activate } from "./library.ts";

/** One emitted value of every step so far, on the device. */
interface Series {
  readonly name: string;
  readonly node: Node;
  readonly parts: EagerTensor[];
}

export class TfjsLoop implements Loop {
  readonly #program: Program;
  readonly #site: Workshop;
  readonly #sequences: LoopSequences;
  /** Constants, and the invariants and carried values written so far. */
  readonly #held: EagerValues = new Map();
  readonly #writable = new Map<string, InputNode>();
  readonly #carried: ReadonlySet<string>;

  constructor(program: Program, library: Library) {
    checkProgram(program);
    this.#program = program;
    this.#site = new Workshop(library);
    this.#sequences = loopSequences(program);
    activate(library);
    for (const { input, value } of program.constants) this.#hold(input, value);
    const carried = program.carried.map(({ input }) => input);
    this.#carried = new Set(carried.map((node) => node.attributes.name));
    for (const node of [...carried, ...program.invariants]) {
      this.#writable.set(node.attributes.name, node);
    }
  }

  write(values: Tensors): void {
    const checked = Object.entries(values).map(
      ([name, value]) => [this.#input(name), value] as const,
    );
    for (const [node, value] of checked) checkValue(node, value);
    activate(this.#site);
    for (const [node, value] of checked) this.#hold(node, value);
  }

  async run(steps: number, scanned: Tensors): Promise<Tensors> {
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`cannot run ${steps} steps`);
    for (const [name, node] of this.#writable) {
      if (!this.#held.has(node)) throw new RangeError(`${name} has not been written`);
    }
    const given = this.#program.scanned.map((node) => {
      return [node, checkValue(node, scanned[node.attributes.name], steps)] as const;
    });
    activate(this.#site);
    const fixed: EagerValues = new Map(this.#held);
    const series: EagerValues = new Map();
    const emitted = Object.entries(this.#program.emitted).map(
      ([name, node]): Series => ({ name, node, parts: [] }),
    );
    try {
      for (const [node, value] of given) series.set(node, uploaded(value, this.#site));
      evaluate(this.#sequences.prelude, fixed, this.#site);
      for (let step = 0; step < steps; step += 1) this.#step({ step, fixed, series, emitted });
      return Object.fromEntries(emitted.map((one) => [one.name, this.#collected(one)]));
    } finally {
      for (const { parts } of emitted) for (const part of parts) part.dispose();
      releaseAll(series, new Map());
      this.#settle(fixed);
    }
  }

  async read(names?: readonly string[]): Promise<Tensors> {
    activate(this.#site);
    return Object.fromEntries(
      [...(names ?? this.#carried)].map((name) => {
        if (!this.#carried.has(name)) throw new RangeError(`${name} is not carried`);
        const node = this.#input(name);
        return [name, downloaded(valueFor(this.#held, node), node.kind)];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    releaseAll(this.#held, new Map());
    this.#site.dispose();
  }

  #input(name: string): InputNode {
    const node = this.#writable.get(name);
    if (node !== undefined) return node;
    throw new RangeError(`${name} is neither carried nor invariant in ${this.#program.name}`);
  }

  #hold(node: InputNode, value: Tensor): void {
    const before = this.#held.get(node);
    this.#held.set(node, uploaded(value, this.#site));
    before?.dispose();
  }

  #step(now: {
    readonly step: number;
    readonly fixed: EagerValues;
    readonly series: EagerValues;
    readonly emitted: readonly Series[];
  }): void {
    const values: EagerValues = new Map(now.fixed);
    for (const { input } of this.#program.carried) values.set(input, valueFor(this.#held, input));
    const kept: EagerValues = new Map(values);
    try {
      for (const [node, all] of now.series) values.set(node, this.#rowOf(all, node, now.step));
      evaluate(this.#sequences.body, values, this.#site);
      for (const { node, parts } of now.emitted) parts.push(valueFor(values, node).clone());
      const next = this.#program.carried.map(({ output }) => valueFor(values, output).clone());
      for (const [at, { input }] of this.#program.carried.entries()) {
        const value = next[at];
        if (value === undefined) continue;
        kept.get(input)?.dispose();
        this.#held.set(input, value);
      }
    } finally {
      releaseAll(values, kept);
    }
  }

  #rowOf(all: EagerTensor, node: Node, step: number): EagerTensor {
    const { tf } = this.#site;
    const rest = node.shape.map(() => 0);
    return tf.tidy(() =>
      tf.reshape(tf.slice(all, [step, ...rest], [1, ...node.shape]), [...node.shape]),
    );
  }

  #collected({ node, parts }: Series): Tensor {
    const { tf } = this.#site;
    const joined = tf.tidy(() => tf.stack(parts));
    try {
      return downloaded(joined, node.kind);
    } finally {
      joined.dispose();
    }
  }

  /** Frees what a call has computed from constants and invariants. */
  #settle(fixed: EagerValues): void {
    const { constants, invariants, carried } = this.#program;
    const inputs = [...constants, ...carried].map(({ input }) => input);
    const kept = new Map<Node, EagerTensor>();
    for (const node of [...inputs, ...invariants]) {
      const value = this.#held.get(node);
      if (value !== undefined) kept.set(node, value);
    }
    releaseAll(fixed, kept);
  }
}
