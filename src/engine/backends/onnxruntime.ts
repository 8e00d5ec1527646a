/**
 * The ONNX Runtime backend: programs become ONNX models that run on native kernels. This is its
 * door; lowering, sessions and loops are in the folder of the same name.
 */
import type { Backend, Precision } from "#engine/backend.ts";
import { compileLoop } from "./onnxruntime/executable.ts";
import { compileProcedure } from "./onnxruntime/procedure.ts";
import type { SessionSettings } from "./onnxruntime/session.ts";
import { EngineUnavailable, probe, providerNames, version } from "./onnxruntime/session.ts";

export { runFile } from "./onnxruntime/file-run.ts";
export type { SessionSettings } from "./onnxruntime/session.ts";
export { EngineUnavailable } from "./onnxruntime/session.ts";

/** Throws `EngineUnavailable` when the device cannot be used on this machine. */
export async function onnxruntimeBackend(settings: SessionSettings): Promise<Backend> {
  await probe(settings);
  const check = (precision: Precision): void => {
    if (settings.device === "webgpu" && precision === "float64") {
      throw new EngineUnavailable("WebGPU has no float64; use the cpu device or float32");
    }
  };
  return {
    engine: "onnxruntime",
    device: settings.device,
    provider: `ONNX Runtime ${version}, ${providerNames[settings.device]}`,
    async compileLoop(program, precision) {
      check(precision);
      return compileLoop(program, precision, settings);
    },
    async compile(procedure, precision) {
      check(precision);
      return compileProcedure(procedure, precision, settings);
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
