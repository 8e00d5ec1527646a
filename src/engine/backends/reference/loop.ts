/** A program as the reference runs it: what does not vary between steps once a call, then steps. */
import type { Loop, Precision, Program, Tensors } from "#engine/backend.ts";
import { checkProgram, checkValue } from "#engine/graph/program.ts";
import type { Sequence } from "#engine/graph/sequence.ts";
import { loopSequences } from "#engine/graph/sequence.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import type { Tensor, TensorData } from "#engine/tensor.ts";
import { allocate, convert, sizeOf } from "#engine/tensor.ts";
import type { Values } from "./evaluate.ts";
import { dtypeOf, evaluate, valueFor } from "./evaluate.ts";

/** A private copy of a host value in the program's precision. */
export function bound(value: Tensor, precision: Precision): TensorData {
  const real = value.dtype === "float32" || value.dtype === "float64";
  return convert(value, real ? precision : value.dtype).data.slice();
}

export class ReferenceLoop implements Loop {
  readonly #program: Program;
  readonly #precision: Precision;
  readonly #prelude: Sequence;
  readonly #body: Sequence;
  /** Constants, and the invariants and carried values written so far. */
  readonly #held: Values = new Map();
  readonly #writable = new Map<string, InputNode>();

  constructor(program: Program, precision: Precision) {
    checkProgram(program);
    this.#program = program;
    this.#precision = precision;
    const { prelude, body } = loopSequences(program);
    this.#prelude = prelude;
    this.#body = body;
    for (const { input, value } of program.constants) {
      this.#held.set(input, bound(value, precision));
    }
    for (const node of [...program.carried.map(({ input }) => input), ...program.invariants]) {
      this.#writable.set(node.attributes.name, node);
    }
  }

  #input(name: string): InputNode {
    const node = this.#writable.get(name);
    if (node === undefined) throw new Error(`${name} is neither carried nor invariant`);
    return node;
  }

  write(values: Tensors): void {
    for (const [name, value] of Object.entries(values)) {
      const node = this.#input(name);
      this.#held.set(node, bound(checkValue(node, value), this.#precision));
    }
  }

  async run(steps: number, scanned: Tensors): Promise<Tensors> {
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`${steps} steps`);
    const { carried, emitted } = this.#program;
    for (const [name, node] of this.#writable) {
      if (!this.#held.has(node)) throw new Error(`${name} has not been written`);
    }
    const series = this.#program.scanned.map((node) => {
      const value = checkValue(node, scanned[node.attributes.name], steps);
      return [node, bound(value, this.#precision)] as const;
    });
    const fixed: Values = new Map(this.#held);
    evaluate(this.#prelude, fixed, this.#precision);
    const results = Object.entries(emitted).map(([name, node]) => {
      const size = sizeOf(node.shape);
      const data = allocate(dtypeOf(node.kind, this.#precision), steps * size);
      return { name, node, size, data };
    });
    for (let step = 0; step < steps; step++) {
      const values: Values = new Map(fixed);
      for (const { input } of carried) values.set(input, valueFor(this.#held, input));
      for (const [node, data] of series) {
        const size = sizeOf(node.shape);
        values.set(node, data.subarray(step * size, (step + 1) * size));
      }
      evaluate(this.#body, values, this.#precision);
      for (const { node, size, data } of results) data.set(valueFor(values, node), step * size);
      for (const { input, output } of carried) {
        this.#held.set(input, valueFor(values, output).slice());
      }
    }
    return Object.fromEntries(
      results.map(({ name, node, data }) => {
        const dtype = dtypeOf(node.kind, this.#precision);
        return [name, { dtype, shape: [steps, ...node.shape], data }];
      }),
    );
  }

  async read(names?: readonly string[]): Promise<Tensors> {
    const all = this.#program.carried.map(({ input }) => input.attributes.name);
    return Object.fromEntries(
      (names ?? all).map((name) => {
        const { shape, kind } = this.#input(name);
        const data = valueFor(this.#held, this.#input(name)).slice();
        return [name, { dtype: dtypeOf(kind, this.#precision), shape, data }];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#held.clear();
  }
}
