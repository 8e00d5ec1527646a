/**
 * The TensorFlow.js backend: the same primitives, executed at once through `tf`, on CUDA, a native
 * library, wasm or JavaScript. This is its door; kernels and loops are in the folder.
 */
import type { Backend, Callable, Precision, Procedure, Tensors } from "#engine/backend.ts";
import { checkProcedure, checkValue, copied } from "#engine/graph/program.ts";
import type { Sequence } from "#engine/graph/sequence.ts";
import { hoistable, sequenceOf } from "#engine/graph/sequence.ts";
import { dependsOn } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { EagerValues } from "./tfjs/evaluate.ts";
import { downloaded, evaluate, releaseAll, uploaded, valueFor, Workshop } from "./tfjs/evaluate.ts";
import type { Library, LibrarySettings } from "./tfjs/library.ts";
import { activate, loadLibrary, TfjsUnavailable } from "./tfjs/library.ts";
import { TfjsLoop } from "./tfjs/loop.ts";

export type { Flavour } from "./tfjs/library.ts";
export { flavours, TfjsUnavailable } from "./tfjs/library.ts";

class TfjsCallable implements Callable {
  readonly #procedure: Procedure;
  readonly #site: Workshop;
  readonly #body: Sequence;
  /** Constants and what follows from them alone. */
  readonly #fixed: EagerValues = new Map();

  constructor(procedure: Procedure, library: Library) {
    checkProcedure(procedure);
    this.#procedure = procedure;
    this.#site = new Workshop(library);
    const { constants, inputs } = procedure;
    const outputs = Object.values(procedure.outputs);
    const fixed = hoistable(outputs, dependsOn(outputs, new Set(inputs)));
    activate(library);
    for (const { input, value } of constants) this.#fixed.set(input, uploaded(value, this.#site));
    const given = new Set<Node>(constants.map(({ input }) => input));
    evaluate(sequenceOf([...fixed], given), this.#fixed, this.#site);
    this.#body = sequenceOf(outputs, new Set([...inputs, ...fixed]));
  }

  async call(inputs: Tensors, into?: Tensors): Promise<Tensors> {
    const given = this.#procedure.inputs.map((node) => {
      return [node, checkValue(node, inputs[node.attributes.name])] as const;
    });
    activate(this.#site);
    const values: EagerValues = new Map(this.#fixed);
    try {
      for (const [node, value] of given) values.set(node, uploaded(value, this.#site));
      evaluate(this.#body, values, this.#site);
      return Object.fromEntries(
        Object.entries(this.#procedure.outputs).map(([name, node]) => {
          const value = downloaded(valueFor(values, node), node.kind);
          return [name, into === undefined ? value : copied(value, into[name])];
        }),
      );
    } finally {
      releaseAll(values, this.#fixed);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    releaseAll(this.#fixed, new Map());
    this.#site.dispose();
  }
}

function checkPrecision(precision: Precision): void {
  if (precision === "float32") return;
  throw new TfjsUnavailable(
    "TensorFlow.js has no float64; use float32, or the engine onnxruntime or reference",
  );
}

/**
 * Engine `tfjs` on the best package that loads, or the one named; float32 alone. Throws
 * `TfjsUnavailable` when none of them can compute here.
 */
export async function tfjsBackend(settings: LibrarySettings = {}): Promise<Backend> {
  const library = await loadLibrary(settings);
  return {
    engine: "tfjs",
    device: library.device,
    provider: library.provider,
    async compileLoop(program, precision) {
      checkPrecision(precision);
      return new TfjsLoop(program, library);
    },
    async compile(procedure, precision) {
      checkPrecision(precision);
      return new TfjsCallable(procedure, library);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}

/** How many tensors the library holds at the moment, for tests and reports. */
export async function tensorsHeld(settings: LibrarySettings = {}): Promise<number> {
  const { tf } = await loadLibrary(settings);
  return tf.memory().numTensors;
}
