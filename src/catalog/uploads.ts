/**
 * Data sets as resources: generated or uploaded, brought into canonical bytes, stored, deleted.
 * What makes a valid data set is in dataset.ts; formats are in their own room.
 */
import { bytesOf, type Tensor } from "#engine/tensor.ts";
import { readCsv } from "#formats/csv.ts";
import { FormatError, type FormatLimits, pointerTo } from "#formats/format-error.ts";
import { readIdx } from "#formats/idx.ts";
import { readNpy } from "#formats/npy.ts";
import { readNpz } from "#formats/npz.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import { refuseFullStorage } from "#src/access/quota.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { CatalogContext } from "./context.ts";
import type { Dataset as DatasetValue } from "./dataset.ts";
import { decode, encode, fromArrays, fromCsv, fromIdx, generate } from "./datasets.ts";
import { refuseNeeded } from "./needed.ts";

export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/** What is uploaded: one file, or one file for each array (`x_train` …, or `x` and `y`). */
export type UploadedFiles =
  | { readonly format: "npz" | "safetensors" | "csv"; readonly content: Content }
  | { readonly format: "npy" | "idx"; readonly files: ReadonlyMap<string, Content> };

export interface UploadOptions {
  readonly name?: string | null;
  readonly metadata?: Dataset["metadata"];
  /** Column of the label in a csv: its name, or its index as text (negative from the end). */
  readonly label?: string | null;
  readonly task?: Dataset["task"];
  /** Share of the examples that become test data, where the upload does not divide them. */
  readonly testFraction?: number;
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

/** Room for the header of the canonical bytes beside the values themselves. */
const headerBytesMax = 8 * 1024 ** 2;

/** A generated data set. Failure `invalid_dataset` with pointers below `/generator`. */
export async function createDataset(
  context: CatalogContext,
  request: DatasetRequest,
): Promise<Dataset> {
  const limits = { bytesMax: context.limits.datasetBytesMax };
  const value = await refusing("/generator", async () => generate(request.generator, limits));
  const { name = null, metadata = {}, generator } = request;
  return store(context, value, { source: "generator", generator, name, metadata });
}

/**
 * A data set from uploaded bytes. Failures: `malformed_body`, `invalid_dataset` with the array at
 * fault, `body_too_large`; nothing is kept of a refused upload.
 */
export async function uploadDataset(
  context: CatalogContext,
  files: UploadedFiles,
  options: UploadOptions = {},
): Promise<Dataset> {
  const read = bodyReader(context.limits.uploadBytesMax, options.signal);
  const limits = { bytesMax: context.limits.datasetBytesMax };
  const value = await refusing("", () => valueFrom({ files, read, limits }, options));
  const { name = null, metadata = {} } = options;
  return store(context, value, { source: files.format, generator: null, name, metadata });
}

interface Uploading {
  readonly files: UploadedFiles;
  readonly read: (content: Content) => Promise<Uint8Array>;
  readonly limits: FormatLimits;
}

async function valueFrom(
  { files, read, limits }: Uploading,
  options: UploadOptions,
): Promise<DatasetValue> {
  const { testFraction, seed, task } = options;
  const split = {
    ...(testFraction === undefined ? {} : { testFraction }),
    ...(seed === undefined ? {} : { seed }),
  };
  switch (files.format) {
    case "npz":
      return fromArrays(await readNpz(await read(files.content), limits), split);
    case "safetensors": {
      const bytes = await read(files.content);
      const { tensors, metadata } = readSafetensors(bytes, limits);
      return metadata["format"] === "linnet.dataset"
        ? decode(bytes, limits)
        : fromArrays(tensors, split);
    }
    case "csv": {
      const table = readCsv(await read(files.content), limits, labelOption(options.label));
      return fromCsv(table, { ...split, ...(task === undefined ? {} : { task }) });
    }
    case "npy":
      return fromArrays(await eachArray(files.files, { read, limits, parse: readNpy }), split);
    case "idx":
      return fromIdx(await eachArray(files.files, { read, limits, parse: readIdx }), split);
    default:
      return files satisfies never;
  }
}

function labelOption(label: string | null | undefined) {
  if (label === undefined || label === null) return {};
  return { label: /^-?\d+$/.test(label) ? Number(label) : label };
}

async function eachArray(
  files: ReadonlyMap<string, Content>,
  how: Omit<Uploading, "files"> & { readonly parse: typeof readNpy },
): Promise<Map<string, Tensor>> {
  const arrays = new Map<string, Tensor>();
  let bytesLeft = how.limits.bytesMax;
  for (const [name, content] of files) {
    const value = how.parse(await how.read(content), { bytesMax: bytesLeft }, pointerTo(name));
    bytesLeft -= value.data.length * bytesOf[value.dtype];
    arrays.set(name, value);
  }
  return arrays;
}

/** Reads bodies whole, all of them together within the limit. */
function bodyReader(bytesMax: number, signal: AbortSignal | undefined): Uploading["read"] {
  let bytesLeft = bytesMax;
  const count = (bytes: number): void => {
    bytesLeft -= bytes;
    if (bytesLeft >= 0) return;
    throw new Failure("body_too_large", `An upload may have at most ${bytesMax} bytes.`);
  };
  return async (content) => {
    if (content instanceof Uint8Array) {
      count(content.length);
      return content;
    }
    const pieces: Uint8Array[] = [];
    for await (const piece of content) {
      signal?.throwIfAborted();
      count(piece.length);
      pieces.push(piece);
    }
    return Buffer.concat(pieces);
  };
}

/** Runs `produce`; what a format refuses becomes a refusal of the request, at `base`. */
async function refusing<T>(base: string, produce: () => Promise<T>): Promise<T> {
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

/** The artifact first, the row last: a row never points at bytes that are not there. */
async function store(
  context: CatalogContext,
  value: DatasetValue,
  about: Pick<Dataset, "source" | "generator" | "name" | "metadata">,
): Promise<Dataset> {
  const bytesMax = context.limits.datasetBytesMax + headerBytesMax;
  const canonical = encode(value);
  await context.store.read((reader) =>
    refuseFullStorage(reader, context.limits, canonical.byteLength),
  );
  const { digest, bytes } = await context.artifacts.put(canonical, { bytesMax });
  const dataset: Dataset = {
    id: newId("dst", context.now()),
    ...about,
    task: value.task,
    classes: value.classes ?? null,
    class_names: value.classNames === undefined ? null : [...value.classNames],
    input_shape: value.xTrain.shape.slice(1),
    splits: {
      train: splitOf(value.xTrain, value.yTrain),
      test: splitOf(value.xTest, value.yTest),
    },
    bytes,
    digest,
    created_at: new Date(context.now()).toISOString(),
  };
  await context.store.write((writer) => writer.insertDataset(dataset));
  return dataset;
}

function splitOf(x: Tensor, y: Tensor): Dataset["splits"]["train"] {
  return { examples: x.shape[0] ?? 0, x: infoOf(x), y: infoOf(y) };
}

function infoOf({ shape, dtype }: Tensor): Dataset["splits"]["train"]["x"] {
  return { shape: [...shape], dtype: dtype === "bool" ? "int32" : dtype };
}

/** Failures `not_found`, and `in_use` while a run that has not ended needs it. */
export async function deleteDataset(context: CatalogContext, id: string): Promise<void> {
  await context.store.write(async (writer) => {
    if ((await writer.dataset(id)) === undefined) {
      throw new Failure("not_found", `There is no data set ${id}.`);
    }
    // Deleted first: whoever begins to need it meanwhile waits for this, and then misses it.
    await writer.deleteDataset(id);
    await refuseNeeded(writer, { dataset: id });
  });
}
