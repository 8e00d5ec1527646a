/** TensorFlow.js on cpu under the contract of all backends. */
import { tfjsBackend } from "#engine/backends/tfjs.ts";
import { backendContract } from "#test/contracts/backend.ts";

backendContract("tfjs-cpu", () => tfjsBackend({ flavour: "cpu" }), {
  precisions: ["float32"],
  tolerance: { float64: 0, float32: 1e-5 },
});
