/**
 * Parameters of layers: which shapes they have, how they begin, and the factor that the ntk
 * parameterization puts in front of them. Drawing itself is in initialisers.ts.
 */
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Activation } from "#schemas/model.ts";
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
}

export interface Kernel {
  readonly parameter: ParameterPlan;
  /** The layer multiplies what the kernel gives by this. */
  readonly factor: number;
}

/**
 * How a kernel begins. Standard: the layer's initialiser, else the network's, else he_normal before
 * rectifying activations and glorot_uniform before others; factor 1. ntk: N(0, 1) and factor
 * gain/√fan-in with gain √2 or 1; where an initialiser is chosen, factor · kernel begins as that
 * says. Only the layer's own activation counts. Source: Jacot, Gabriel and Hongler, Neural tangent
 * kernel (2018), §3.
 */
function kernelBeginning(site: Site, fields: KernelFields): Beginning {
  const { fanIn, fanOut } = fields;
  const rectifying = isRectifying(fields.activation);
  const chosen = fields.init ?? site.init;
  if (site.parameterization === "standard") {
    return {
      rule: chosen ?? (rectifying ? "he_normal" : "glorot_uniform"),
      fanIn,
      fanOut,
      factor: 1,
    };
  }
  const factor = Math.sqrt((rectifying ? 2 : 1) / fanIn);
  return { rule: chosen ?? "unit_normal", fanIn, fanOut, factor };
}

/** The parameter `kernel`; refuses one that is too large. */
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
  return { parameter: { role: "kernel", shape, beginning }, factor: beginning.factor };
}

/** A vector that begins at zero or one; its factor is 1 in both parameterizations. */
export function planVector(role: string, length: number, rule: "zeros" | "ones"): ParameterPlan {
  const beginning = { rule, fanIn: length, fanOut: length, factor: 1 };
  return { role, shape: [length], beginning };
}
