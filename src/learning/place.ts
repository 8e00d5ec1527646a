/** What a plan says about where and in which arithmetic it is carried out. Chooses nothing. */
import { measuredArithmetic } from "#engine/arithmetic.ts";
import type { Backend, Precision } from "#engine/backend.ts";
import type { Arithmetic } from "#schemas/device.ts";
import type { Plan } from "#schemas/run.ts";

/** The plan with the provider and the arithmetic that the backend really has. */
export async function placedOn(plan: Plan, backend: Backend, precision: Precision): Promise<Plan> {
  const measured = await measuredArithmetic(backend, precision);
  return { ...plan, provider: backend.provider, precision: measured };
}

const causes: Readonly<Record<Arithmetic, string | null>> = {
  float32: null,
  float64: null,
  float32_tf32: "TensorFloat-32 (10 bits)",
  float32_float16: "float16 (10 bits, and little range)",
  float32_bfloat16: "bfloat16 (7 bits)",
  float32_reduced: "fewer bits than float32 has",
};

/** What a run's log says where products are less exact than the run's numbers; null elsewhere. */
export function warningOf({ precision, provider }: Plan): string | null {
  const cause = precision === undefined ? null : causes[precision];
  return cause === null ? null : `${provider} rounds factors of products to ${cause}`;
}
