/**
 * A network as the rest of the engine sees it: named parameters and a function that writes its
 * forward graph for a batch. Layers and importers make one; training and kernels read it.
 */
import type { Kind, Node } from "./ops/operations.ts";
import type { Shape, Tensor } from "./tensor.ts";

/** One trainable array. `name` is `layer/role`, unique in the network. */
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

/** Training mode lets batch statistics and dropout act; inference freezes them. */
export type Mode = "training" | "inference";

export interface Network {
  /** Per-example shape and kind of the one input. */
  readonly input: { readonly shape: Shape; readonly kind: Kind };
  /** Per-example shape of the output; losses and kernels see it flattened to O numbers. */
  readonly outputShape: Shape;
  readonly parameters: readonly Parameter[];
  readonly layers: readonly LayerSummary[];
  /** Why examples influence each other (batch norm in training mode …); empty when they do not. */
  readonly coupling: readonly string[];
  /**
   * Forward graph. `x` is [batch, ...input.shape]; the result is [batch, ...outputShape]. The batch
   * axis stays the outermost (major) one in every node that depends on x.
   */
  apply(parameters: ReadonlyMap<string, Node>, x: Node, mode: Mode): Node;
  /** Initial values in float64, the same for the same seed on every machine. */
  initialise(seed: number): ReadonlyMap<string, Tensor>;
}
