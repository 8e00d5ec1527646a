/**
 * Parameters of layers: which shapes they have, how they begin, and the factor that the ntk
 * parameterization puts in front of them. Drawing itself is in initialisers.ts.
 */
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Activation } from "#schemas/layer-fields.ts";
import { isRectifying } from "./activations.ts";
import { orthogonalWorkMax } from "./initialisers.ts";
import {
  type Beginning,
  type Initialiser,
  type ParameterPlan,
  type Site,
  scalarsMax,
  written,
} from "./layer.ts";

export interface KernelFields {
  readonly shape: Shape;
  /** Inputs of one output, and outputs that one input reaches. */
  readonly fanIn: number;
  readonly fanOut: number;
  readonly activation: Activation;
  readonly init: Initialiser | undefined;
  /** Field to point at when the kernel is too large. */
  readonly field: string;
  /** `kernel` unless a layer has several. */
  readonly role?: string;
  /** How it begins where nobody chose, in the standard parameterization. */
  readonly fallback?: Initialiser;
}

export interface Kernel {
  readonly parameter: ParameterPlan;
  /** The layer multiplies what the kernel gives by this. */
  readonly factor: number;
}

/**
 * How a kernel begins. Standard: the layer's initialiser, else the network's, else the fallback,
 * else he_normal before rectifying activations and glorot_uniform before others; factor 1. ntk:
 * N(0, 1) and factor gain/√fan-in with gain √2 or 1; where an initialiser is chosen, factor times
 * kernel begins as that says. Only the layer's own activation counts. Source: Jacot, Gabriel and
 * Hongler, Neural tangent kernel (2018), §3.
 */
function kernelBeginning(site: Site, fields: KernelFields): Beginning {
  const { fanIn, fanOut } = fields;
  const rectifying = isRectifying(fields.activation);
  const chosen = fields.init ?? site.init;
  if (site.parameterization === "standard") {
    return {
      rule: chosen ?? fields.fallback ?? (rectifying ? "he_normal" : "glorot_uniform"),
      fanIn,
      fanOut,
      factor: 1,
    };
  }
  const factor = Math.sqrt((rectifying ? 2 : 1) / fanIn);
  return { rule: chosen ?? "unit_normal", fanIn, fanOut, factor };
}

/** The parameter `kernel`, or of another role; refuses one that is too large. */
export function planKernel(site: Site, fields: KernelFields): Kernel {
  const { shape } = fields;
  const size = sizeOf(shape);
  if (size > scalarsMax) {
    throw site.refuse(
      fields.field,
      `a kernel of shape ${written(shape)} has ${size} numbers; at most ${scalarsMax} are allowed`,
    );
  }
  const beginning = kernelBeginning(site, fields);
  const outputs = shape.at(-1) ?? 1;
  const shorter = Math.min(outputs, size / outputs);
  if (beginning.rule === "orthogonal" && size * shorter > orthogonalWorkMax) {
    throw site.refuse(
      "init",
      `orthogonal weights of shape ${written(shape)} take too long to draw; use he_normal`,
    );
  }
  const { role = "kernel" } = fields;
  return { parameter: { role, shape, beginning }, factor: beginning.factor };
}

/** A vector that begins at zero or one; its factor is 1 in both parameterizations. */
export function planVector(
  role: string,
  length: number,
  rule: "zeros" | "ones" | "forget_ones",
): ParameterPlan {
  const beginning = { rule, fanIn: length, fanOut: length, factor: 1 };
  return { role, shape: [length], beginning };
}

/**
 * A table of vectors [rows, units], one of which is read at a place: fan-in 1. Begins as the layer
 * says, else at N(0, 1) in the ntk parameterization and at `normal` in the standard one; its factor
 * is 1 in both.
 */
export function planTable(
  site: Site,
  [rows, units]: readonly [number, number],
  fields: { readonly init?: Initialiser; readonly field: string },
): ParameterPlan {
  const shape = [rows, units];
  const size = sizeOf(shape);
  if (size > scalarsMax) {
    throw site.refuse(
      fields.field,
      `a table of shape ${written(shape)} has ${size} numbers; at most ${scalarsMax} are allowed`,
    );
  }
  const rule = fields.init ?? (site.parameterization === "ntk" ? "unit_normal" : "normal");
  if (rule === "orthogonal" && size * Math.min(rows, units) > orthogonalWorkMax) {
    throw site.refuse("init", "an orthogonal table of this size takes too long; use normal");
  }
  return { role: "table", shape, beginning: { rule, fanIn: 1, fanOut: units, factor: 1 } };
}
