/**
 * Time and memory of reading a large file: a perceptron with `--megabytes` of weights, imported from
 * disk, and written back with its weights. `node bench/onnx-import.ts [--megabytes N]`.
 */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { exportTrained } from "#engine/onnx/export.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import { encodeModel, type Initializer, int, type OnnxNode } from "#engine/onnx/model.ts";

const width = 1024;

/** A chain of dense layers with ReLU between, as a file. */
function write(file: string, megabytes: number): void {
  const layers = Math.max(1, Math.round((megabytes * 2 ** 20) / (4 * width * width)));
  const nodes: OnnxNode[] = [];
  const initializers: Initializer[] = [];
  for (let layer = 0; layer < layers; layer += 1) {
    const values = Float32Array.from({ length: width * width }, (_, at) => Math.sin(at + layer));
    const raw = new Uint8Array(values.buffer);
    initializers.push({
      name: `fc${layer}.weight`,
      type: "float32",
      shape: [width, width],
      content: { raw },
    });
    const [from, to] = [layer === 0 ? "x" : `r${layer - 1}`, `y${layer}`];
    const inputs = [from, `fc${layer}.weight`];
    nodes.push({ operator: "Gemm", inputs, outputs: [to], attributes: { transB: int(1) } });
    nodes.push({ operator: "Relu", inputs: [to], outputs: [`r${layer}`], attributes: {} });
  }
  const port = (name: string) => ({ name, type: "float32" as const, shape: ["N", width] });
  const outputs = [port(`r${layers - 1}`)];
  const graph = { name: "large", nodes, initializers, inputs: [port("x")], outputs };
  const descriptor = openSync(file, "w");
  for (const chunk of encodeModel({ graph, operatorSet: 17 }).chunks())
    writeSync(descriptor, chunk);
  closeSync(descriptor);
}

const { values } = parseArgs({
  options: { megabytes: { type: "string", default: "100" }, file: { type: "string" } },
});
if (values.file === undefined) {
  const folder = mkdtempSync(join(tmpdir(), "onnx-"));
  const file = join(folder, "large.onnx");
  write(file, Number(values.megabytes));
  const { spawnSync } = await import("node:child_process");
  // A process of its own, so that its largest memory is that of the import.
  spawnSync(process.execPath, [import.meta.filename, "--file", file], { stdio: "inherit" });
  rmSync(folder, { recursive: true });
} else {
  const before = process.resourceUsage().maxRSS;
  const bytes = readFileSync(values.file);
  const from = performance.now();
  const network = importOnnx(bytes);
  const importMs = performance.now() - from;
  const importBytes = (process.resourceUsage().maxRSS - before) * 1024;
  const start = performance.now();
  let written = 0;
  const weights = network.initialise(0);
  for (const chunk of exportTrained(network, weights).chunks()) written += chunk.byteLength;
  const exportMs = performance.now() - start;
  const megabytes = bytes.byteLength / 2 ** 20;
  console.log(
    JSON.stringify({
      megabytes,
      parameters: network.parameters.length,
      importMs,
      exportMs,
      written,
      peakTimesFile: importBytes / bytes.byteLength,
    }),
  );
}
