/**
 * A bias has the cotangent of the product that it is added to, so its part of the kernel is that
 * product's with an input of one: (A Aᵀ + 1) ∘ (Δ Δᵀ) costs one Gram of cotangents instead of two.
 */
import { concat, filled, input } from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import type { Node } from "#engine/ops/operations.ts";
import { cotangentsOf, type Forward } from "./cotangents.ts";
import type { Piece, Pieces } from "./pieces.ts";

type Product = Extract<Piece, { form: "product" }>;
type Gradient = Extract<Piece, { form: "gradient" }>;

/** The node below reshapes, which is the same array. */
function below(node: Node): Node {
  let source = node;
  while (source.op === "reshape" && source.inputs[0] !== undefined) source = source.inputs[0];
  return source;
}

/** Whether this can be the bias of that: one position, one number for each channel. */
function isBiasLike(bias: Gradient, { a, parameter }: Product): boolean {
  const channels = parameter.shape.at(-1);
  const [length] = bias.parameter.shape;
  const alike = bias.parameter.shape.length === 1 && length === channels;
  return alike && bias.parameter.layer === parameter.layer && a.shape[1] === 1;
}

/** The pieces with biases taken into their products, wherever cotangents are the same array. */
export function withBiases(pieces: Pieces, forward: Forward): Pieces {
  const gradients = pieces.structured.filter((piece) => piece.form === "gradient");
  const found = pieces.structured.flatMap((piece) => {
    if (piece.form !== "product") return [];
    const bias = gradients.find((gradient) => isBiasLike(gradient, piece));
    return bias === undefined ? [] : [{ piece, bias }];
  });
  if (found.length === 0) return pieces;
  const unit = input("unit", [forward.output.shape[1] ?? 0]);
  const of = cotangentsOf(forward, unit);
  const nodes = simplify(found.flatMap(({ piece, bias }) => [piece.delta(of), bias.gradient(of)]));
  const merged = new Map<Piece, Piece>();
  const gone = new Set<Piece>();
  for (const [at, { piece, bias }] of found.entries()) {
    const [delta, gradient] = nodes.slice(2 * at, 2 * at + 2);
    if (delta === undefined || gradient === undefined) continue;
    if (below(delta) !== below(gradient) || gone.has(bias)) continue;
    const [examples = 0] = piece.a.shape;
    const a = concat([piece.a, filled(1, [examples, 1, 1])], 2);
    merged.set(piece, { ...piece, a, biases: [bias.name] });
    gone.add(bias);
  }
  const structured = pieces.structured.flatMap((piece) =>
    gone.has(piece) ? [] : [merged.get(piece) ?? piece],
  );
  return { ...pieces, structured };
}
