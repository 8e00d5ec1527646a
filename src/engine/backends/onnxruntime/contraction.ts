/**
 * Matrix products as ONNX nodes, and what a product can take over: a bias, or a scalar factor as in
 * an update θ − η·AᵀB, where scaling a small factor saves passes over the large product.
 */

import type { Attribute } from "#engine/onnx/model.ts";
import { float, int, ints } from "#engine/onnx/model.ts";
import type { Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import { direct, plainScale, sameShape, unstretched } from "./elementwise.ts";
import { joined } from "./joining.ts";
import type { Lowering, Site } from "./lowering.ts";
import { operandNode } from "./lowering.ts";

const swapLast = (shape: Shape): number[] => {
  const axes = [...shape.keys()];
  return [...axes.slice(0, -2), ...axes.slice(-2).reverse()];
};

export const matmul: Lowering<"matmul"> = (node, operand, { emit }) => {
  const { transposeA, transposeB } = node.attributes;
  if (node.shape.length === 2) return emit.emit("Gemm", [operand(0), operand(1)], flags(node));
  const oriented = (index: 0 | 1, swap: boolean): string =>
    swap
      ? emit.emit("Transpose", [operand(index)], { perm: ints(swapLast(node.shape)) })
      : operand(index);
  return emit.emit("MatMul", [oriented(0, transposeA), oriented(1, transposeB)]);
};

function flags({ attributes }: NodeOf<"matmul">): Record<string, Attribute> {
  return {
    ...(attributes.transposeA ? { transA: int(1) } : {}),
    ...(attributes.transposeB ? { transB: int(1) } : {}),
  };
}

/** coefficient · Π scalars · node. */
interface Term {
  readonly coefficient: number;
  readonly scalars: readonly Node[];
  readonly node: Node;
}

/** Takes scalar factors off a node, through nodes that nobody else reads. */
function peel(node: Node, site: Site): Term {
  let term: Term = { coefficient: 1, scalars: [], node };
  for (;;) {
    const inner = site.usesOf(term.node) > 1 ? undefined : peelOnce(term);
    if (inner === undefined) return term;
    term = inner;
  }
}

function peelOnce({ coefficient, scalars, node }: Term): Term | undefined {
  if (node.op === "scale") {
    const factor = coefficient * node.attributes.factor;
    return { coefficient: factor, scalars, node: operandNode(node, 0) };
  }
  if (node.op === "negate") {
    return { coefficient: -coefficient, scalars, node: operandNode(node, 0) };
  }
  if (node.op !== "multiply") return undefined;
  for (const index of [0, 1]) {
    const scalar = unstretched(operandNode(node, index));
    const other = operandNode(node, 1 - index);
    if (sizeOf(scalar.shape) === 1 && sameShape(other.shape, node.shape)) {
      return { coefficient, scalars: [...scalars, scalar], node: other };
    }
  }
  return undefined;
}

/** A product as a term of its own, when nobody needs it unscaled. */
type ProductTerm = Term & { readonly node: NodeOf<"matmul"> };

function productIn(node: Node, site: Site): ProductTerm | undefined {
  const term = peel(node, site);
  const product = term.node;
  if (product.op !== "matmul" || product.shape.length !== 2) return undefined;
  return site.usesOf(product) === 1 ? { ...term, node: product } : undefined;
}

/**
 * coefficient · Π scalars · AB + beta · addend as one Gemm. A scalar scales the smaller factor,
 * which must be smaller than the product for that to pay.
 */
function gemm(term: ProductTerm, addend: Addend | undefined, site: Site): string | undefined {
  const { emit } = site;
  const { coefficient, scalars, node } = term;
  const exact = isExact(coefficient, site);
  const factors = scalars.map((scalar) => site.valueOf(scalar));
  if (!exact) factors.push(emit.real(coefficient));
  const sizes = node.inputs.map((operand) => sizeOf(operand.shape));
  const smaller = (sizes[0] ?? 0) < (sizes[1] ?? 0) ? 0 : 1;
  if (factors.length > 0 && (sizes[smaller] ?? 0) >= sizeOf(node.shape)) return undefined;
  const values = node.inputs.map((operand) => site.valueOf(operand));
  values[smaller] = scaledBy(values[smaller] ?? "", factors, site);
  return emit.emit("Gemm", addend === undefined ? values : [...values, addend.value], {
    ...flags(node),
    ...(exact && coefficient !== 1 ? { alpha: float(coefficient) } : {}),
    ...(addend !== undefined && addend.beta !== 1 ? { beta: float(addend.beta) } : {}),
  });
}

/** The factors meet in one scalar first; rank 0, so that none stretches the others. */
function scaledBy(value: string, factors: readonly string[], { emit }: Site): string {
  if (factors.length === 0) return value;
  const scalars = factors.map((factor) => emit.emit("Reshape", [factor, emit.integers([])]));
  const joint = scalars.reduce((left, right) => emit.emit("Mul", [left, right]));
  return emit.emit("Mul", [value, joint]);
}

/** Gemm's alpha and beta are float32 whatever the operands are. */
function isExact(coefficient: number, { emit }: Site): boolean {
  return emit.precision === "float32" || Math.fround(coefficient) === coefficient;
}

/** A scaled product without a pass over it: η·AᵀB is Aᵀ(ηB). */
const scaledProduct =
  <Name extends "scale" | "negate" | "multiply">(plain: Lowering<Name>): Lowering<Name> =>
  (node, operand, site) => {
    const term = peelOnce({ coefficient: 1, scalars: [], node: asNode(node) });
    const product = term && productIn(term.node, site);
    if (term === undefined || product === undefined) return plain(node, operand, site);
    const coefficient = term.coefficient * product.coefficient;
    const scalars = [...term.scalars, ...product.scalars];
    const scaled = gemm({ ...product, coefficient, scalars }, undefined, site);
    return scaled ?? plain(node, operand, site);
  };

/** NodeOf<Name> is a member of the union for every Name, which TypeScript cannot see. */
const asNode = <Name extends OperationName>(node: NodeOf<Name>): Node => node as Node;

export const multiply = scaledProduct<"multiply">(direct("Mul"));
export const negate = scaledProduct<"negate">(direct("Neg"));
export const scale = scaledProduct<"scale">(plainScale);

interface Addend {
  readonly value: string;
  readonly beta: number;
}

/**
 * A bias, added by the product itself. Addends of the product's own size are not: Gemm copies them
 * with one thread, which costs more than a separate sum.
 */
function biased(node: Node, sign: 1 | -1, site: Site): string | undefined {
  if (node.kind !== "real" || node.shape.length !== 2) return undefined;
  for (const index of [0, 1]) {
    const product = productIn(operandNode(node, index), site);
    const rest = unstretched(operandNode(node, 1 - index));
    if (product === undefined) continue;
    const fits = sameShape(product.node.shape, node.shape) && rest.shape.length <= 2;
    if (!fits || sizeOf(rest.shape) >= sizeOf(node.shape)) continue;
    const coefficient = product.coefficient * (index === 1 ? sign : 1);
    const addend = { value: site.valueOf(rest), beta: index === 0 ? sign : 1 };
    return gemm({ ...product, coefficient }, addend, site);
  }
  return undefined;
}

export const add: Lowering<"add"> = (node, operand, site) =>
  joined(node, site) ?? biased(node, 1, site) ?? direct("Add")(node, operand, site);

export const subtract: Lowering<"subtract"> = (node, operand, site) =>
  biased(node, -1, site) ?? direct("Sub")(node, operand, site);
