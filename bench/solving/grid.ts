/** Thirty shapes on which the choice of a solver is judged. */
import type { Shape } from "./shapes.ts";

const squares = "mean_squared_error";
const entropy = "softmax_cross_entropy";

function shape(
  sizes: readonly number[],
  more: Pick<Shape, "examples" | "steps" | "period" | "batch"> & Partial<Shape>,
): Shape {
  const [input = 1] = sizes;
  return {
    input,
    layers: sizes.slice(1, -1),
    outputs: sizes.at(-1) ?? 1,
    loss: entropy,
    ...more,
  };
}

const wedge = [20, 64, 4];
const small = [20, 32, 1];
const wide = [64, 256, 256, 4];
const large = [256, 384, 384, 2];

export const grid: readonly Shape[] = [
  shape(small, { examples: 100, steps: 400, period: 4, batch: "full", loss: squares }),
  shape(small, { examples: 100, steps: 2000, period: 100, batch: "full", loss: squares }),
  shape(small, { examples: 100, steps: 20_000, period: "never", batch: "full", loss: squares }),
  shape(small, { examples: 400, steps: 2000, period: 500, batch: "full", loss: squares }),
  shape(small, { examples: 400, steps: 300, period: 10, batch: "full", loss: squares }),
  shape(small, { examples: 400, steps: 2000, period: "never", batch: 32, loss: squares }),
  shape(small, { examples: 800, steps: 400, period: "never", batch: "full", loss: squares }),
  shape(wedge, { examples: 100, steps: 500, period: 10, batch: 16 }),
  shape(wedge, { examples: 100, steps: 500, period: 100, batch: "full" }),
  shape(wedge, { examples: 100, steps: 5000, period: "never", batch: "full" }),
  shape(wedge, { examples: 250, steps: 1000, period: 50, batch: 64 }),
  shape(wedge, { examples: 250, steps: 1000, period: 500, batch: "full" }),
  shape(wedge, { examples: 250, steps: 1000, period: "never", batch: "full", loss: squares }),
  shape(wedge, { examples: 500, steps: 300, period: 100, batch: 64 }),
  shape(wedge, { examples: 500, steps: 300, period: "never", batch: "full" }),
  shape(wedge, { examples: 1000, steps: 500, period: 250, batch: 64 }),
  shape(wide, { examples: 64, steps: 200, period: 4, batch: 16 }),
  shape(wide, { examples: 64, steps: 500, period: 100, batch: 16 }),
  shape(wide, { examples: 64, steps: 500, period: 100, batch: "full" }),
  shape(wide, { examples: 64, steps: 5000, period: "never", batch: "full", loss: squares }),
  shape(wide, { examples: 256, steps: 200, period: 10, batch: 32 }),
  shape(wide, { examples: 256, steps: 300, period: 150, batch: 32 }),
  shape(wide, { examples: 256, steps: 200, period: "never", batch: "full" }),
  shape(wide, { examples: 512, steps: 60, period: 20, batch: 64 }),
  shape(large, { examples: 64, steps: 100, period: 5, batch: 32 }),
  shape(large, { examples: 128, steps: 200, period: 50, batch: "full" }),
  shape(large, { examples: 128, steps: 200, period: 200, batch: 32 }),
  shape(large, { examples: 256, steps: 100, period: "never", batch: "full", loss: squares }),
  shape(large, { examples: 256, steps: 60, period: 30, batch: 32 }),
  shape(large, { examples: 512, steps: 30, period: 10, batch: 128 }),
];
