/** Explicit Jacobians by one vjp a row: the slow and sure way that tests compare with. */
import { vjp } from "#engine/autodiff/backward.ts";
import type { Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { input } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import { sizeOf, zeros } from "#engine/tensor.ts";
import { batchNodes, firstOf, outputsOf, parameterInputs, type Split } from "#learning/examples.ts";

export interface Jacobian {
  /** [examples·O, P], parameters in the network's order. */
  readonly jacobian: Float64Array;
  readonly rows: number;
  readonly columns: number;
  /** f [examples·O]. */
  readonly outputs: Float64Array;
}

export async function jacobianOf(
  network: Network,
  parameters: Tensors,
  split: Split,
  examples = split.x.shape[0] ?? 0,
): Promise<Jacobian> {
  const batch = batchNodes(firstOf(split, examples), null);
  const weights = parameterInputs(network, "weights");
  const f = outputsOf(network, weights, { x: batch.x, mode: "inference" });
  const u = input("u", f.shape);
  const gradients = vjp([f], [...weights.values()], [u]);
  const callable = await referenceBackend().compile(
    {
      name: "row",
      constants: batch.constants.filter((constant) => constant.input === batch.x),
      inputs: [...weights.values(), u],
      outputs: { f, ...Object.fromEntries(gradients.map((node, at) => [`g${at}`, node])) },
    },
    "float64",
  );
  const named = Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [`weights/${name}`, value]),
  );
  const rows = sizeOf(f.shape);
  const columns = network.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const jacobian = new Float64Array(rows * columns);
  let outputs = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    const unit = zeros("float64", f.shape);
    unit.data[row] = 1;
    const found = await callable.call({ ...named, u: unit });
    let at = row * columns;
    for (const [index] of gradients.entries()) {
      const part = found[`g${index}`]?.data ?? new Float64Array(0);
      jacobian.set(part, at);
      at += part.length;
    }
    outputs = Float64Array.from(found["f"]?.data ?? []);
  }
  return { jacobian, rows, columns, outputs };
}
