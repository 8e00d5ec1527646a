/**
 * A network as the rest of the engine sees it: named arrays and a function that writes its forward
 * graph for a batch. Layers and importers make one; training and kernels read it.
 */
import type { Kind, Node } from "./ops/operations.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** One array of a network. `name` is `layer/role`, unique in the network. */
export interface Parameter {
  readonly name: string;
  readonly layer: string;
  readonly shape: Shape;
}

/** A layer as people know it, for listings. Shapes are per example, without the batch axis. */
export interface LayerSummary {
  readonly name: string;
  readonly type: string;
  readonly outputShape: Shape;
  /** Number of trainable scalars. */
  readonly parameters: number;
}

/** Training mode lets batch statistics act; inference freezes them. Dropout needs `train`. */
export type Mode = "training" | "inference";

/** Values of arrays by name: every parameter, and every array of the state. */
export type Values = ReadonlyMap<string, Node>;

/** Uniform numbers in [0, 1) of a shape whose first axis is the batch, new at every step. */
export type Chance = (shape: Shape) => Node;

/** A forward pass in training mode and what it leaves behind. */
export interface Trained {
  readonly output: Node;
  /** Next values of arrays of the state, by name. */
  readonly updates: Values;
}

export interface Network {
  /** Per-example shape and kind of the one input. */
  readonly input: {
    readonly shape: Shape;
    readonly kind: Kind;
    /** Integer inputs are ids below this; absent for others. */
    readonly vocabulary?: number;
  };
  /** Per-example shape of the output; losses and kernels see it flattened to O numbers. */
  readonly outputShape: Shape;
  /** Trainable arrays. */
  readonly parameters: readonly Parameter[];
  /** Arrays that travel with the parameters but have no gradient: statistics. Absent: none. */
  readonly state?: readonly Parameter[];
  readonly layers: readonly LayerSummary[];
  /**
   * Why in training mode outputs are no function of one example and the weights (batch statistics,
   * dropout), with the remedy; empty when they are.
   */
  readonly coupling: readonly string[];
  /**
   * Forward graph. `x` is [batch, ...input.shape]; the result is [batch, ...outputShape]. The batch
   * axis stays the outermost (major) one in every node that depends on x.
   */
  apply(values: Values, x: Node, mode: Mode): Node;
  /** The pass of a standard training step; absent where `apply` in training mode says it all. */
  train?(values: Values, x: Node, chance: Chance): Trained;
  /**
   * Values of statistics that stay frozen, from the examples `x` at these weights; absent when
   * there are none.
   */
  calibrate?(values: Values, x: Node): Values;
  /** Initial values of parameters and state in float64, the same for the same seed everywhere. */
  initialise(seed: number): ReadonlyMap<string, Tensor>;
}

/** Every array that `apply` reads: parameters, then state. */
export function arraysOf(network: Network): readonly Parameter[] {
  return [...network.parameters, ...(network.state ?? [])];
}
