/**
 * What makes a data set of an uploaded file or of a generator's options: its value, its canonical
 * bytes, stored, and the facts about it. Small ones are made in the server, all others by a child.
 */
import type { Tensor } from "#engine/tensor.ts";
import { readCsv } from "#formats/csv.ts";
import { FormatError, type FormatLimits } from "#formats/format-error.ts";
import { readNpz } from "#formats/npz.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { DatasetFacts, DatasetSource, FileOptions } from "#src/dataset-source.ts";
import { Failure } from "#src/failure.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import type { Dataset as DatasetValue } from "./dataset.ts";
import { decode, encode, fromArrays, fromCsv, generate } from "./datasets.ts";

/** Room for the header of the canonical bytes beside the values themselves. */
const headerBytesMax = 8 * 1024 ** 2;

/** Runs `produce`; what a format refuses becomes a refusal of the request, at `base`. */
export async function refusing<T>(base: string, produce: () => T | Promise<T>): Promise<T> {
  try {
    return await produce();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const ofBytes = error.format !== "dataset" && error.pointer === "" && base === "";
    const errors = [{ pointer: base + error.pointer, detail: error.message }];
    const code = ofBytes ? "malformed_body" : "invalid_dataset";
    throw new Failure(code, error.message, { errors, cause: error });
  }
}

function labelOption(label: string | null | undefined) {
  if (label === undefined || label === null) return {};
  return { label: /^-?\d+$/.test(label) ? Number(label) : label };
}

/** The data set in the bytes of one file. Throws FormatError. */
export async function valueOfFile(
  bytes: Uint8Array,
  { format, label, task, ...split }: FileOptions,
  limits: FormatLimits,
): Promise<DatasetValue> {
  switch (format) {
    case "npz":
      return fromArrays(await readNpz(bytes, limits), split);
    case "safetensors": {
      const { tensors, metadata } = readSafetensors(bytes, limits);
      return metadata["format"] === "linnet.dataset"
        ? decode(bytes, limits)
        : fromArrays(tensors, split);
    }
    case "csv": {
      const table = readCsv(bytes, limits, labelOption(label));
      return fromCsv(table, { ...split, ...(task === undefined ? {} : { task }) });
    }
    default:
      return format satisfies never;
  }
}

function splitOf(x: Tensor, y: Tensor): Dataset["splits"]["train"] {
  return { examples: x.shape[0] ?? 0, x: infoOf(x), y: infoOf(y) };
}

function infoOf({ shape, dtype }: Tensor): Dataset["splits"]["train"]["x"] {
  return { shape: [...shape], dtype: dtype === "bool" ? "int32" : dtype };
}

/** Stores a value in canonical bytes. Failures `storage_full`, and what `check` refuses. */
export async function storeValue(
  artifacts: Artifacts,
  value: DatasetValue,
  { bytesMax, check }: { bytesMax: number; check?: (bytes: number) => Promise<void> },
): Promise<DatasetFacts> {
  const canonical = encode(value);
  await check?.(canonical.byteLength);
  const { digest, bytes } = await artifacts.put(canonical, { bytesMax: bytesMax + headerBytesMax });
  return {
    digest,
    bytes,
    task: value.task,
    classes: value.classes ?? null,
    class_names: value.classNames === undefined ? null : [...value.classNames],
    input_shape: value.xTrain.shape.slice(1),
    splits: {
      train: splitOf(value.xTrain, value.yTrain),
      test: splitOf(value.xTest, value.yTest),
    },
  };
}

/**
 * The errand of a child: reads the source, stores the data set, says what it is. Failures
 * `invalid_dataset`, `malformed_body`, `storage_full`.
 */
export async function readDataset(
  artifacts: Artifacts,
  source: DatasetSource,
  bytesMax: number,
): Promise<DatasetFacts> {
  const limits = { bytesMax };
  const value =
    source.kind === "generator"
      ? await refusing("/generator", () => generate(source.generator, limits))
      : await refusing("", async () =>
          valueOfFile(await artifacts.get(source.digest), source.options, limits),
        );
  return storeValue(artifacts, value, { bytesMax });
}
