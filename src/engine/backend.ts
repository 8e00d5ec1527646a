/**
 * What a backend is: something that turns a program into an executable. Imports no backend; only
 * trainer.ts names them. A program is a loop over steps written as one graph; a procedure is a
 * graph evaluated once.
 */
import type { InputNode, Node } from "./ops/operations.ts";
import type { Tensor } from "./tensor.ts";

/** What `real` means in a compiled program. */
export type Precision = "float32" | "float64";

/** A value fixed for the life of the executable: a data set, a table. It stays on the device. */
export interface Constant {
  readonly input: InputNode;
  readonly value: Tensor;
}

/** A value that a step reads and replaces: weights, momenta. Input and output agree in shape. */
export interface Carried {
  readonly input: InputNode;
  readonly output: Node;
}

/**
 * The training loop as data. Every input node that the outputs reach is listed in exactly one of
 * `constants`, `invariants`, `carried`, `scanned`; names are unique over all of them.
 */
export interface Program {
  readonly name: string;
  readonly constants: readonly Constant[];
  /** Fixed during a call, replaceable between calls by `write`: the anchor's weights. */
  readonly invariants: readonly InputNode[];
  readonly carried: readonly Carried[];
  /** One value a step. The input node has the shape of one step; `run` takes [steps, ...shape]. */
  readonly scanned: readonly InputNode[];
  /** One value a step, handed back as [steps, ...shape]: loss, gradient norm. */
  readonly emitted: Readonly<Record<string, Node>>;
}

/** A graph that is evaluated once a call: outputs by name from inputs by name. */
export interface Procedure {
  readonly name: string;
  readonly constants: readonly Constant[];
  readonly inputs: readonly InputNode[];
  readonly outputs: Readonly<Record<string, Node>>;
}

export type Tensors = Readonly<Record<string, Tensor>>;

/** A compiled program. Carried values and invariants live inside, on the device. */
export interface Loop extends AsyncDisposable {
  /**
   * Replaces carried values or invariants by name; shapes and kinds must match. Arrays of
   * invariants may be read where they lie until they are replaced, so leave them as they are.
   */
  write(values: Tensors): void;
  /** Runs `steps` ≥ 1 steps; every scanned input by name as [steps, ...shape]. */
  run(steps: number, scanned: Tensors): Promise<Tensors>;
  /** Copies of carried values (all, or those named), in the program's precision. */
  read(names?: readonly string[]): Promise<Tensors>;
}

/** A compiled procedure. Real inputs may come in either precision; outputs have the program's. */
export interface Callable extends AsyncDisposable {
  /** Into the arrays of `into`, the results of an earlier call, where it is given. */
  call(inputs: Tensors, into?: Tensors): Promise<Tensors>;
}

/** A place where programs run. Unknown shapes do not exist: every node's shape is static. */
export interface Backend extends AsyncDisposable {
  /** `reference`, `onnxruntime`, `tfjs`. */
  readonly engine: string;
  /** `cpu`, `cuda`, `webgpu`. */
  readonly device: string;
  /** What computes, for people: the library, its version, its provider. */
  readonly provider: string;
  compileLoop(program: Program, precision: Precision): Promise<Loop>;
  compile(procedure: Procedure, precision: Precision): Promise<Callable>;
}
