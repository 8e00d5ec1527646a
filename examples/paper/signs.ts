/** Accuracy of a scalar network by the sign of its outputs, which the service predicts. */
import type { Api } from "#cli/api.ts";
import type { Tensor } from "#engine/tensor.ts";

export interface SignsAsked {
  readonly run: string;
  /** [n, d]. */
  readonly inputs: Tensor;
  /** n values of ±1. */
  readonly targets: Tensor;
  readonly of: "network" | "linearised";
}

/** Share of targets whose sign the run's latest weights have right. */
export async function signAccuracy(api: Api, asked: SignsAsked): Promise<number> {
  const { run, inputs, targets, of } = asked;
  const [n = 0, d = 0] = inputs.shape;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from(inputs.data.subarray(i * d, (i + 1) * d) as Float32Array),
  );
  const { outputs } = await api.predict(run, { inputs: rows, function: of });
  const flat = (outputs as unknown[]).flat() as number[];
  const right = flat.filter((value, i) => Math.sign(value) === Math.sign(Number(targets.data[i])));
  return right.length / n;
}
