/** TensorFlow.js on its native library, where somebody has installed it; see docs/gpu.md. */
import { tfjsBackend } from "#engine/backends/tfjs.ts";
import { backendContract, whyNot } from "#test/contracts/backend.ts";

for (const flavour of ["node", "node-gpu"] as const) {
  const make = () => tfjsBackend({ flavour });
  backendContract(`tfjs-${flavour}`, make, {
    precisions: ["float32"],
    tolerance: { float64: 0, float32: 1e-5 },
    skip: await whyNot(make),
  });
}
