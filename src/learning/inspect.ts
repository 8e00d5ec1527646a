/**
 * The errand of reading a file of a network that came from strangers: what is in it, and whether
 * the network means the same as ONNX Runtime on the file. Stores nothing.
 */
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Backend } from "#engine/backend.ts";
import type { RunFile } from "#engine/backends/onnxruntime/file-run.ts";
import { countOperations, parameterCount } from "#engine/layers/count.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import type { OnnxLimits } from "#engine/onnx/limits.ts";
import type { Tensor } from "#engine/tensor.ts";
import type { Errand, ErrandResult, Inspection } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { callsFor, computed, differenceOf } from "./file-check.ts";
import { networkOfFile } from "./model-source.ts";

type InspectErrand = Extract<Errand, { kind: "inspect" }>;
type InspectResult = Extract<ErrandResult, { kind: "inspect" }>;

export interface InspectPorts {
  readonly artifacts: Artifacts;
  readonly backend: Backend;
  readonly runFile: RunFile;
}

/** Larger differences than this are another meaning, not rounding. */
export const differenceMax = 1e-4;
/** What ONNX Runtime says of a file, cut to a length for people. */
const saidMax = 400;

/** A file may ask for values that fill this machine: what fits into memory is the limit. */
function limitsFor(memoryBytesMax: number): Partial<OnnxLimits> {
  const elementsMax = Math.min(2 ** 31 - 1, Math.floor(memoryBytesMax / 8));
  return { valueElementsMax: elementsMax, tensorElementsMax: elementsMax };
}

function refused(detail: string, cause?: unknown): Failure {
  return new Failure("invalid_model", detail, { errors: [{ pointer: "", detail }], cause });
}

/** The summary but for what a comparison adds. */
function summaryOf(network: ImportedNetwork): Omit<Inspection, "import"> {
  const { input, outputShape, coupling, inputName, outputName, layers } = network;
  const dtype = input.kind === "integer" ? "integer" : "real";
  return {
    inputs: [{ name: inputName, shape: [...input.shape], dtype }],
    outputs: [{ name: outputName, shape: [...outputShape], dtype: "real" }],
    parameters: parameterCount(network),
    layers: layers.map(({ name, type, outputShape: shape, parameters }) => ({
      name,
      type,
      output_shape: [...shape],
      parameters,
    })),
    operations: countOperations(network, network.fixedBatch),
    warnings: [...network.warnings, ...coupling],
    coupling: [...coupling],
  };
}

/** A copy of the artifact alone in a folder, for as long as `body` takes. */
async function withFile<T>(
  artifacts: Artifacts,
  digest: string,
  body: (path: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "linnet-import-"));
  try {
    const path = join(folder, "model.onnx");
    {
      await using handle = await open(path, "wx");
      for await (const piece of artifacts.stream(digest)) await handle.writeFile(piece);
    }
    return await body(path);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Gives the memory of the file back at once: the other reading of it is about to need as much. */
function drop(network: ImportedNetwork, bytes: Uint8Array): void {
  const buffers = new Set<ArrayBufferLike>([bytes.buffer]);
  for (const { data } of network.stored().values()) buffers.add(data.buffer);
  for (const buffer of buffers) if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** What ONNX Runtime says without the places of this machine. */
function said(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/(\/[\w.@+-]+){2,}/g, "…").slice(0, saidMax);
}

/**
 * Reads the file and compares. Failures: `malformed_body` and `invalid_model` with every node at
 * fault, also where the outputs differ by more than `differenceMax` of the largest.
 */
export async function inspect(
  { artifacts, backend, runFile }: InspectPorts,
  { model: { digest, options }, memoryBytesMax, threads }: InspectErrand,
): Promise<InspectResult> {
  const bytes = await artifacts.get(digest);
  const network = networkOfFile(bytes, options, limitsFor(memoryBytesMax));
  const summary = summaryOf(network);
  const { file, outputName, fixedBatch } = network;
  const about = {
    options,
    operator_set: file.operatorSets.get("") ?? 0,
    producer: file.producer.slice(0, 200),
    bytes: bytes.byteLength,
    fixed_batch: fixedBatch ?? null,
  };
  const compared = await computed(network, backend);
  const calls = callsFor(network, compared, options);
  drop(network, bytes);
  const theirs = await withFile(artifacts, digest, (path) =>
    runFile({ path, output: outputName, threads, calls }),
  ).catch((error: unknown): readonly Tensor[] => {
    throw refused(`ONNX Runtime does not run the file: ${said(error)}`, error);
  });
  const difference = differenceOf(
    compared.map(({ output }) => output),
    theirs,
  );
  if (!(difference <= differenceMax)) {
    const share = difference.toExponential(1);
    throw refused(
      `The network's outputs differ from those of ONNX Runtime on the file by ${share} of the ` +
        `largest, and at most ${differenceMax} is accepted: an operator in it means something else.`,
    );
  }
  return {
    kind: "inspect",
    inspection: { ...summary, import: { ...about, max_difference: difference } },
  };
}
