/** ONNX Runtime on GPUs under the contract of all backends; skipped by name without one. */
import { existsSync } from "node:fs";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { backendContract, whyNot } from "#test/contracts/backend.ts";

/** Debian's Chromium brings a Vulkan driver that computes on the processor. */
const softwareDriver = "/usr/lib/chromium/vk_swiftshader_icd.json";

if (existsSync(softwareDriver)) process.env["VK_ICD_FILENAMES"] ??= softwareDriver;

for (const device of ["webgpu", "cuda"] as const) {
  const make = () => onnxruntimeBackend({ device });
  backendContract(`onnxruntime-${device}`, make, {
    precisions: ["float32"],
    tolerance: { float64: 0, float32: 1e-5 },
    skip: await whyNot(make),
  });
}
