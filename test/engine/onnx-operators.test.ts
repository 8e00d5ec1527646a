/** Every translated operator against ONNX Runtime on the same file. */
import { describe, it } from "node:test";
import { importOnnx } from "#engine/onnx/import.ts";
import { operatorCases } from "./onnx-cases.ts";
import { assertClose, batchFor, byReference, byRuntime } from "./onnx-run.ts";

describe("an imported operator computes what ONNX Runtime computes", () => {
  for (const { title, bytes, shape, below } of operatorCases) {
    it(title, async () => {
      const network = importOnnx(bytes);
      const x = batchFor(network, shape[0] ?? 1, below);
      assertClose(await byReference(network, x), await byRuntime(bytes, x));
    });
  }
});
