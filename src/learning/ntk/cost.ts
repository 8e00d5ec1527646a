/** What a full kernel on given examples costs, from its programs' graphs. Computes none. */
import { countFlops } from "#engine/graph/flops.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { simplify } from "#engine/graph/simplify.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { blockProcedure } from "./blocks.ts";
import { cotangentProgram } from "./cotangents.ts";
import { piecesOfNetwork } from "./factor-computer.ts";
import { blockFor, sidesOf } from "./sides.ts";
import { spansOf, upperPairs } from "./spans.ts";

export interface KernelCost {
  /** Contraction FLOPs. */
  readonly flops: number;
  /** Numbers that all factors take together. */
  readonly numbers: number;
  /** Calls of a block product, and elementwise work of all. */
  readonly blocks: number;
  readonly elementwise: number;
}

/** Of the full kernel of a network on x [N, …input shape]. */
export function kernelCost(network: Network, x: Tensor): KernelCost {
  const examples = x.shape[0] ?? 0;
  const units = sizeOf(network.outputShape);
  const { pieces, forward } = piecesOfNetwork({ network, x });
  const block = blockFor(pieces, { examples, units });
  const { sides, numbers, pieces: emitted } = sidesOf(pieces, { examples, units, block });
  const blocks = upperPairs(spansOf(examples, block)).length;
  const sizes = { rows: block, columns: block, outputs: units };
  const contract = blockProcedure({ sides, variant: "full", ...sizes });
  const ofBlock = countFlops(simplify(Object.values(contract.outputs)));
  const backward =
    emitted.length > 0
      ? countFlops(simplify(programOutputs(cotangentProgram(forward, emitted))))
      : { contraction: 0, elementwise: 0 };
  return {
    flops: units * backward.contraction + blocks * ofBlock.contraction,
    elementwise: units * backward.elementwise + blocks * ofBlock.elementwise,
    numbers,
    blocks,
  };
}
