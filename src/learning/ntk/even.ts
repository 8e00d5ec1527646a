/**
 * Cotangents that are the same for every example: those of a last layer do not depend on the data,
 * so its part of the kernel is A Aᵀ ⊗ (Δ Δᵀ) with one Δ [O, C], and no product of N·O rows.
 */
import { input } from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn } from "#engine/graph/walk.ts";
import type { Node } from "#engine/ops/operations.ts";
import { cotangentsOf, type Forward } from "./cotangents.ts";
import type { Pieces } from "./pieces.ts";

/** The pieces with those marked whose cotangents neither inputs nor parameters determine. */
export function withEven(pieces: Pieces, forward: Forward): Pieces {
  const candidates = pieces.structured.filter(
    (piece) => piece.form === "product" && piece.a.shape[1] === 1,
  );
  const of = cotangentsOf(forward, input("unit", [forward.output.shape[1] ?? 0]));
  const deltas = simplify(
    candidates.flatMap((piece) => (piece.form === "product" ? [piece.delta(of)] : [])),
  );
  const causes = new Set<Node>([forward.x.input, ...forward.parameters]);
  const caused = dependsOn(deltas, causes);
  const even = new Set(
    candidates.filter((_, at) => {
      const delta = deltas[at];
      return delta !== undefined && !caused.has(delta);
    }),
  );
  const structured = pieces.structured.map((piece) =>
    even.has(piece) ? { ...piece, isEven: true } : piece,
  );
  return { ...pieces, structured };
}
