/**
 * What a layer is to the rest of the room: fields of the contract and shapes of its inputs go in,
 * a plan comes out. Shapes here are per example, without the batch axis. No layer lives here.
 */
import assert from "node:assert/strict";
import type { Chance, Mode } from "#engine/network.ts";
import type { Kind, Node } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import type { GraphNode, Layer } from "#schemas/layer.ts";
import type { initialisers, LayerType } from "#schemas/layer-fields.ts";
import type { Failure } from "#src/failure.ts";

/** Most scalars of one network, and most of one value of one example. */
export const scalarsMax = 2 ** 31 - 1;

export type Initialiser = (typeof initialisers)[number];

/** The fields of one layer type, whether it stands in a chain or in a graph. */
export type Fields<Type extends LayerType> = Extract<Layer | GraphNode, { readonly type: Type }>;

/** Shape of one example and kind of its numbers. */
export interface Form {
  readonly shape: Shape;
  readonly kind: Kind;
}

/** Where and how a layer stands. */
export interface Site {
  /** Shapes of its inputs, without the batch axis. */
  readonly inputs: readonly Shape[];
  /** Kinds of its inputs: integers are ids. */
  readonly kinds: readonly Kind[];
  /** The network's own input. */
  readonly source: Form;
  readonly parameterization: "standard" | "ntk";
  /** The network's own choice, for layers that make none. */
  readonly init: Initialiser | undefined;
  /** A refusal that points at a field of this layer; "" is the layer itself. */
  refuse(field: string, detail: string): Failure;
}

/** How a parameter begins. */
export interface Beginning {
  /**
   * `unit_normal` is N(0, 1), which only the ntk parameterization draws; `forget_ones` is 0 but 1
   * in the second quarter, where an LSTM's forget gate lies.
   */
  readonly rule: Initialiser | "unit_normal" | "forget_ones";
  readonly fanIn: number;
  readonly fanOut: number;
  /** Drawn values are divided by this: the factor that the forward pass multiplies by. */
  readonly factor: number;
}

export interface ParameterPlan {
  /** `kernel`, `bias`, `scale`, `centre` and others, unique in the layer. */
  readonly role: string;
  readonly shape: Shape;
  readonly beginning: Beginning;
}

/** The node of a layer's own parameter or state by role. */
export type Weights = (role: string) => Node;

/** How a forward pass is made, and what it may leave behind. */
export interface Pass {
  /** Calibration takes frozen statistics from the batch. */
  readonly mode: Mode | "calibration";
  /** The network's own input, [batch, ...source.shape]. */
  readonly source: Node;
  readonly chance: Chance;
  /** States the next value of an array of the layer's state. */
  readonly update: (role: string, value: Node) => void;
}

/** A layer whose shapes are known and checked. */
export interface LayerPlan {
  readonly outputShape: Shape;
  readonly parameters: readonly ParameterPlan[];
  /** Arrays without a gradient; absent: none. */
  readonly state?: readonly ParameterPlan[];
  /** Why a training pass is no function of one example and the weights. */
  readonly coupling?: string;
  /** Ids that the layer reads lie below this. */
  readonly vocabulary?: number;
  /** Whether passes take frozen statistics from `calibration`. */
  readonly calibrated?: boolean;
  /** Inputs are [batch, ...shape]; so is the result. */
  readonly forward: (inputs: readonly Node[], weights: Weights, pass: Pass) => Node;
}

/** Checks a layer's fields against its inputs; throws `site.refuse`. */
export type Planner<Type extends LayerType> = (fields: Fields<Type>, site: Site) => LayerPlan;

/** The only element of a list that must have one. */
export function only<Item>(items: readonly Item[]): Item {
  const [item] = items;
  assert(item !== undefined && items.length === 1, "a layer with one input got another number");
  return item;
}

/** Length of the batch axis. */
export function batchOf(x: Node): number {
  const [batch] = x.shape;
  assert(batch !== undefined, "a value without a batch axis");
  return batch;
}

/** Length of the last axis, which holds features or channels. */
export function featuresOf(shape: Shape): number {
  const features = shape.at(-1);
  assert(features !== undefined, "a value without axes");
  return features;
}

/** A shape as it stands in messages. */
export const written = (shape: Shape): string => `[${shape.join(", ")}]`;
