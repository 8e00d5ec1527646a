/**
 * The oracle: plain float64 loops in TypeScript that define what every primitive computes. Slow,
 * deterministic and without rewriting, so that other backends and the simplifier are judged by it.
 */
import type { Backend, Callable, Precision, Procedure, Tensors } from "#engine/backend.ts";
import { checkProcedure, checkValue, copied } from "#engine/graph/program.ts";
import type { Sequence } from "#engine/graph/sequence.ts";
import { sequenceOf } from "#engine/graph/sequence.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { Values } from "./reference/evaluate.ts";
import { dtypeOf, evaluate, valueFor } from "./reference/evaluate.ts";
import { bound, ReferenceLoop } from "./reference/loop.ts";

class ReferenceCallable implements Callable {
  readonly #procedure: Procedure;
  readonly #precision: Precision;
  readonly #sequence: Sequence;
  readonly #constants: Values = new Map();

  constructor(procedure: Procedure, precision: Precision) {
    checkProcedure(procedure);
    this.#procedure = procedure;
    this.#precision = precision;
    const given: Node[] = [...procedure.inputs];
    for (const { input, value } of procedure.constants) {
      given.push(input);
      this.#constants.set(input, bound(value, precision));
    }
    this.#sequence = sequenceOf(Object.values(procedure.outputs), new Set(given));
  }

  async call(inputs: Tensors, into?: Tensors): Promise<Tensors> {
    const values: Values = new Map(this.#constants);
    for (const node of this.#procedure.inputs) {
      const value = checkValue(node, inputs[node.attributes.name]);
      values.set(node, bound(value, this.#precision));
    }
    evaluate(this.#sequence, values, this.#precision);
    return Object.fromEntries(
      Object.entries(this.#procedure.outputs).map(([name, node]) => {
        const dtype = dtypeOf(node.kind, this.#precision);
        const value = { dtype, shape: node.shape, data: valueFor(values, node) };
        return [name, copied(value, into?.[name])];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#constants.clear();
  }
}

/** The reference backend: engine `reference`, device `cpu`. Holds no resources of its own. */
export function referenceBackend(): Backend {
  return {
    engine: "reference",
    device: "cpu",
    provider: "TypeScript",
    compileLoop: async (program, precision) => new ReferenceLoop(program, precision),
    compile: async (procedure, precision) => new ReferenceCallable(procedure, precision),
    [Symbol.asyncDispose]: async () => {},
  };
}
