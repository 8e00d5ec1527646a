/** ONNX Runtime on GPUs under the contract of all backends; skipped by name without one. */
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { backendContract, whyNot } from "#test/contracts/backend.ts";
import { useSoftwareVulkan } from "#test/software-vulkan.ts";

useSoftwareVulkan();

for (const device of ["webgpu", "cuda"] as const) {
  const make = () => onnxruntimeBackend({ device });
  backendContract(`onnxruntime-${device}`, make, {
    precisions: ["float32"],
    tolerance: { float64: 0, float32: 1e-5 },
    skip: await whyNot(make),
  });
}
