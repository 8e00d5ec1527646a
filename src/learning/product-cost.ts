/** What a product of the tangent kernel with a vector takes, without the kernel. */
import type { Precision } from "#engine/backend.ts";
import { countFlops } from "#engine/graph/flops.ts";
import { peakBytes } from "#engine/graph/memory.ts";
import { programOutputs } from "#engine/graph/program.ts";
import { sizeOf } from "#engine/tensor.ts";
import { keptProduct } from "./descent/jacobian-product.ts";
import type { Task } from "./descent/step.ts";
import { countOf } from "./examples.ts";
import { programSeconds, type Speed } from "./speed.ts";

export interface ProductCost {
  readonly seconds: number;
  readonly flops: number;
  readonly bytes: number;
}

/** One product with the Jacobian and its transpose. */
export function jacobianProductCost(
  task: Pick<Task, "network" | "train">,
  precision: Precision,
  speed: Speed,
): ProductCost {
  const product = keptProduct(task)?.steps;
  if (product === undefined) {
    const parameters = task.network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const flops = 8 * parameters * countOf(task.train);
    const seconds = (1.5 * flops) / speed.contraction[precision] + 8 * speed.call;
    const bytes = 6 * parameters * (precision === "float64" ? 8 : 4);
    return { seconds, flops: 1.5 * flops, bytes };
  }
  const bytes = peakBytes(programOutputs(product), precision);
  const flops = countFlops(programOutputs(product)).contraction;
  return { seconds: programSeconds(product, speed, precision).step + speed.call, flops, bytes };
}
