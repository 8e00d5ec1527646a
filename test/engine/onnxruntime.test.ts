/** ONNX Runtime on the CPU under the contract of all backends. */
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { backendContract } from "#test/contracts/backend.ts";

backendContract("onnxruntime", () => onnxruntimeBackend({ device: "cpu" }), {
  precisions: ["float64", "float32"],
  tolerance: { float64: 1e-13, float32: 1e-5 },
});
