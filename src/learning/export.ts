/**
 * The errand of handing out a network as an ONNX file: initial or trained weights in the file that
 * the model came from, or in a new graph, or its linearisation. Stores the file as an artifact.
 */
import { arraysOf, type Network } from "#engine/network.ts";
import { exportTrained } from "#engine/onnx/export.ts";
import {
  type ExportOptions,
  exportLinearised,
  exportNetwork,
  type OnnxParts,
} from "#engine/onnx/export-network.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import type { Pieces } from "#engine/onnx/splice.ts";
import type { Tensor } from "#engine/tensor.ts";
import { writeTar } from "#formats/tar.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { readCheckpoint } from "./checkpoint.ts";

type ExportErrand = Extract<Errand, { kind: "export" }>;
type ExportResult = Extract<ErrandResult, { kind: "export" }>;
type Values = ReadonlyMap<string, Tensor>;

export interface ExportPorts {
  readonly network: Network;
  readonly artifacts: Artifacts;
  /** Weights beyond this lie beside the model, in a tar; 1.5 GiB unless given. */
  readonly inlineBytesMax?: number;
}

const fileBytesMax = 64 * 1024 ** 3;
const names = { model: "model.onnx", data: "weights.bin" } as const;

interface Weights {
  readonly weights: Values;
  /** θ_s, statistics included. */
  readonly anchor: Values;
}

async function weightsOf(
  { network, artifacts }: ExportPorts,
  from: ExportErrand["weights"],
): Promise<Weights> {
  if ("seed" in from) {
    const weights = network.initialise(from.seed);
    return { weights, anchor: weights };
  }
  const { state } = await readCheckpoint(artifacts, from.checkpoint);
  const { weights, anchor } = state.descent;
  const all = new Map(Object.entries(weights));
  for (const { name } of arraysOf(network)) {
    if (!all.has(name)) throw new Failure("storage_corrupt", `The checkpoint has no ${name}.`);
  }
  return { weights: all, anchor: new Map([...all, ...Object.entries(anchor ?? {})]) };
}

const isImported = (network: Network): network is ImportedNetwork => "inputName" in network;

function cleanGraph(
  { network, inlineBytesMax }: ExportPorts,
  values: Weights,
  which: ExportErrand["function"],
): OnnxParts {
  const ports = isImported(network) ? { input: network.inputName, output: network.outputName } : {};
  const inline = inlineBytesMax === undefined ? {} : { inlineBytesMax };
  const options: ExportOptions = { ...ports, ...inline, dataFile: names.data };
  if (which === "network") return exportNetwork(network, values.weights, options);
  const own = new Map(
    network.parameters.flatMap(({ name }) => {
      const value = values.weights.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  return exportLinearised(network, { anchor: values.anchor, weights: own }, options);
}

async function* streamed(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function tarOf(model: Pieces, data: Pieces): Iterable<Uint8Array> {
  const entry = (name: string, pieces: Pieces) => ({
    name,
    byteLength: pieces.byteLength,
    chunks: () => pieces.chunks(),
  });
  return writeTar([entry(names.model, model), entry(names.data, data)]);
}

/**
 * Writes the file. Without a file of its own, or for a linearisation, the graph is a new one.
 * Failures: those of reading the checkpoint, and `incompatible` for a new graph of a network that
 * serves one batch size only.
 */
export async function exportFile(ports: ExportPorts, errand: ExportErrand): Promise<ExportResult> {
  const { network, artifacts } = ports;
  const values = await weightsOf(ports, errand.weights);
  const keeps = errand.graph === "original" && errand.function === "network";
  const limits = { bytesMax: fileBytesMax };
  if (keeps && isImported(network)) {
    const file = exportTrained(network, values.weights);
    const stored = await artifacts.put(streamed(file.chunks()), limits);
    return { kind: "export", ...stored, format: "onnx" };
  }
  const { model, data } = cleanGraph(ports, values, errand.function);
  const isLarge = data !== undefined;
  const chunks = isLarge ? tarOf(model, data) : model.chunks();
  const stored = await artifacts.put(streamed(chunks), limits);
  return { kind: "export", ...stored, format: isLarge ? "tar" : "onnx" };
}
