/** What a plan says about where and in which arithmetic it is carried out. Chooses nothing. */
import type { Backend, Precision } from "#engine/backend.ts";
import type { Plan } from "#schemas/run.ts";

/** The plan with the provider and the precision that the backend really has. */
export function placedOn(plan: Plan, backend: Backend, precision: Precision): Plan {
  const { provider, tf32 } = backend;
  const rounded = precision === "float32" && tf32 ? "float32_tf32" : precision;
  return { ...plan, provider, precision: rounded };
}
