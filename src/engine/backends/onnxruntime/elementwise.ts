/**
 * Elementwise primitives as ONNX nodes. Operands that were stretched by a broadcast are read
 * unstretched, since ONNX broadcasts by itself.
 */
import { elementTypes, int } from "#engine/onnx/model.ts";
import type { Node, NodeOf } from "#engine/ops/operations.ts";
import { broadcastShapes } from "#engine/ops/shapes.ts";
import { type Shape, sizeOf } from "#engine/tensor.ts";
import { staysFinite } from "./finite.ts";
import type { Lowering, Operand, Site } from "./lowering.ts";
import { operandNode } from "./lowering.ts";
import { dtypeOf } from "./values.ts";

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.length === b.length && a.every((length, axis) => length === b[axis]);

/** A node, or what it stretches. */
export function unstretched(node: Node): Node {
  return node.op === "broadcast" ? operandNode(node, 0) : node;
}

/** The operands, each unstretched where the joint shape stays the node's. */
function compactOperands(node: Node): readonly Node[] {
  let operands = node.inputs;
  for (const index of operands.keys()) {
    const shorter = operands.with(index, unstretched(operandNode(node, index)));
    const joint = broadcastShapes(shorter.map((operand) => operand.shape));
    if (sameShape(joint, node.shape)) operands = shorter;
  }
  return operands;
}

/**
 * The runtime takes a scalar beside an array whose last axis is 1 number by number, five times as
 * long as beside any other; a scalar with as many axes as the array has is quick again.
 */
const isSlowBeside = ({ shape }: Node): boolean => shape.at(-1) === 1;

function compactValues(node: Node, site: Site): string[] {
  return compactOperands(node).map((operand) => {
    const value = site.valueOf(operand);
    if (operand.shape.length > 0 || !isSlowBeside(node)) return value;
    const { emit } = site;
    return emit.emit("Reshape", [value, emit.integers(node.shape.map(() => 1))]);
  });
}

/** One ONNX operator with the same operands. */
export const direct =
  (operator: string) =>
  (node: Node, _: Operand, site: Site): string =>
    inLongRows(operator, node, site) ?? site.emit.emit(operator, compactValues(node, site));

/** Rows shorter than this are worth joining, into rows of up to so many numbers. */
const [shortMax, longMax] = [64, 512];
/** Numbers of an array from which on that pays. */
const joinedNumbersMin = 2 ** 15;

/**
 * An array beside one that has the same short row for many of its rows. The runtime goes row by
 * row; with several of them as one long row, beside as many copies, it takes about half the time.
 */
function inLongRows(operator: string, node: Node, site: Site): string | undefined {
  const operands = compactOperands(node);
  const narrow = operands.find(({ shape }) => !sameShape(shape, node.shape));
  const { emit } = site;
  const isPair =
    operands.length === 2 && operands.some(({ shape }) => sameShape(shape, node.shape));
  if (narrow === undefined || !isPair || emit.device !== "cpu") return undefined;
  const rows = rowsBeside(node.shape, narrow.shape);
  if (rows === undefined) return undefined;
  const { outer, count, joined, length } = rows;
  const values = operands.map((operand) => {
    const value = site.valueOf(operand);
    const place = (shape: Shape, of = value) => emit.emit("Reshape", [of, emit.integers(shape)]);
    if (operand !== narrow) return place([outer, count / joined, joined * length]);
    const copies = emit.integers([outer, joined, length]);
    const stretched = emit.emit("Expand", [place([outer, 1, length]), copies]);
    return place([outer, 1, joined * length], stretched);
  });
  const result = emit.emit(operator, values);
  return emit.emit("Reshape", [result, emit.integers(node.shape)]);
}

/** `outer` times `count` rows of `length`, for each of which `narrow` has one; how many to join. */
function rowsBeside(shape: Shape, narrow: Shape) {
  const length = shape.at(-1) ?? 0;
  const aligned = [...Array<number>(shape.length - narrow.length).fill(1), ...narrow];
  if (length !== aligned.at(-1) || length < 2 || length > shortMax) return undefined;
  if (sizeOf(shape) < joinedNumbersMin) return undefined;
  let lead = shape.length - 1;
  while (lead > 0 && aligned[lead - 1] === 1) lead -= 1;
  if (!sameShape(aligned.slice(0, lead), shape.slice(0, lead))) return undefined;
  const count = sizeOf(shape.slice(lead, -1));
  let joined = Math.floor(longMax / length);
  while (joined > 1 && count % joined !== 0) joined -= 1;
  return joined > 1 ? { outer: sizeOf(shape.slice(0, lead)), count, joined, length } : undefined;
}

export const plainScale: Lowering<"scale"> = (node, operand, { emit }) => {
  const { factor } = node.attributes;
  if (factor === -1) return emit.emit("Neg", [operand(0)]);
  return emit.emit("Mul", [
    operand(0),
    emit.real(factor, isSlowBeside(node) ? node.shape.length : 0),
  ]);
};

export const same = (_: Node, operand: Operand): string => operand(0);

export const cast: Lowering<"cast"> = ({ kind }, operand, { emit }) =>
  emit.emit("Cast", [operand(0)], { to: int(elementTypes[dtypeOf(kind, emit.precision)]) });

/** True for a constant (stretched or not) whose every element is +0. */
function isZero(node: Node): boolean {
  const source = unstretched(node);
  return (
    source.op === "constant" && source.attributes.tensor.data.every((value) => Object.is(value, 0))
  );
}

/**
 * `Where` is several times slower than a product with the condition as 0 or 1, which is the same
 * unless the masked operand is infinite; so cotangents are masked by a product.
 */
export const select: Lowering<"select"> = (node, _, site) => {
  const { emit } = site;
  const [whether = "", yes = "", no = ""] = compactValues(node, site);
  if (node.kind === "boolean") {
    const either = emit.emit("And", [emit.emit("Not", [whether]), no]);
    return emit.emit("Or", [emit.emit("And", [whether, yes]), either]);
  }
  if (node.kind === "real" && masksWholeOperand(node, 1)) {
    return emit.emit("Mul", [mask(whether, site), yes]);
  }
  if (node.kind === "real" && masksWholeOperand(node, 2)) {
    // Mostly shared: of a maximum's two operands, one gets what the other does not.
    return emit.emit("Sub", [no, emit.emit("Mul", [mask(whether, site), no])]);
  }
  return emit.emit("Where", [whether, yes, no]);
};

/** One branch is zero, and the other (at `index`) can only be finite and gives the shape. */
function masksWholeOperand(node: NodeOf<"select">, index: 1 | 2): boolean {
  const kept = unstretched(operandNode(node, index));
  const joint = broadcastShapes([unstretched(operandNode(node, 0)).shape, kept.shape]);
  if (!isZero(operandNode(node, 3 - index)) || !sameShape(joint, node.shape)) return false;
  return staysFinite(kept);
}

function mask(whether: string, { emit }: Site): string {
  return emit.emit("Cast", [whether], { to: int(elementTypes[emit.precision]) });
}
