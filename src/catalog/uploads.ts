/**
 * Data sets as resources: generated or uploaded, brought into canonical bytes, stored, deleted.
 * What makes a valid data set is in dataset.ts; formats are in their own room. Whatever would keep
 * the server from answering others for long is read by a child.
 */
import { bytesOf, type Tensor } from "#engine/tensor.ts";
import { pointerTo } from "#formats/format-error.ts";
import { readIdx } from "#formats/idx.ts";
import { readNpy } from "#formats/npy.ts";
import type { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import { refuseFullStorage } from "#src/access/quota.ts";
import type { DatasetFacts, DatasetSource, FileOptions } from "#src/dataset-source.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { CatalogContext } from "./context.ts";
import type { Dataset as DatasetValue } from "./dataset.ts";
import { fromArrays, fromIdx, generate } from "./datasets.ts";
import { generatedBytes } from "./generators/generated.ts";
import { refuseNeeded } from "./needed.ts";
import { refusing, storeValue, valueOfFile } from "./read-dataset.ts";
import { blamingFile, type Workshop } from "./workshop.ts";

export type Content = Uint8Array | AsyncIterable<Uint8Array>;

/** What is uploaded: one file, or one file for each array (`x_train` …, or `x` and `y`). */
export type UploadedFiles =
  | { readonly format: "npz" | "safetensors" | "csv"; readonly content: Content }
  | { readonly format: "npy" | "idx"; readonly files: ReadonlyMap<string, Content> };

export interface UploadOptions extends Omit<FileOptions, "format"> {
  readonly name?: string | null;
  readonly metadata?: Dataset["metadata"];
  readonly signal?: AbortSignal;
}

/** What is larger than this takes longer to read than others should wait. */
const inServerBytesMax = 512 * 1024;

type About = Pick<Dataset, "source" | "generator" | "name" | "metadata">;

/** A generated data set. Failure `invalid_dataset` with pointers below `/generator`. */
export async function createDataset(
  context: CatalogContext,
  request: DatasetRequest,
  signal?: AbortSignal,
): Promise<Dataset> {
  const { name = null, metadata = {}, generator } = request;
  const about = { source: "generator", generator, name, metadata } as const;
  const { workshop } = context;
  if (workshop !== undefined && generatedBytes(generator) > inServerBytesMax) {
    const source = { kind: "generator", generator } as const;
    return insert(context, await readByChild(context, { workshop, source, signal }), about);
  }
  const limits = { bytesMax: context.limits.datasetBytesMax };
  const value = await refusing("/generator", () => generate(generator, limits));
  return insert(context, await stored(context, value), about);
}

/**
 * A data set from uploaded bytes. Failures: `malformed_body`, `invalid_dataset` with the array at
 * fault, `body_too_large`; no row is kept of a refused upload.
 */
export async function uploadDataset(
  context: CatalogContext,
  files: UploadedFiles,
  options: UploadOptions = {},
): Promise<Dataset> {
  const { name = null, metadata = {}, signal, ...how } = options;
  const about = { source: files.format, generator: null, name, metadata };
  const facts =
    "files" in files
      ? await stored(context, await refusing("", () => valueOfFiles(context, files, options)))
      : await factsOfFile(context, files.content, {
          how: { ...how, format: files.format },
          signal,
        });
  return insert(context, facts, about);
}

interface Reading {
  readonly how: FileOptions;
  readonly signal: AbortSignal | undefined;
}

/** Small files are read here; others are laid down for a child to read. */
async function factsOfFile(
  context: CatalogContext,
  content: Content,
  { how, signal }: Reading,
): Promise<DatasetFacts> {
  const { artifacts, limits, workshop } = context;
  const bounded = counted(content, limits.uploadBytesMax, signal);
  if (workshop !== undefined) {
    const { small, rest } = await begun(bounded, inServerBytesMax);
    if (rest !== undefined) {
      const { digest } = await artifacts.put(rest, { bytesMax: limits.uploadBytesMax });
      const source = { kind: "file", digest, options: how } as const;
      return readByChild(context, { workshop, source, signal });
    }
    return readHere(context, small, how);
  }
  return readHere(context, await whole(bounded), how);
}

async function readHere(context: CatalogContext, bytes: Uint8Array, how: FileOptions) {
  const limits = { bytesMax: context.limits.datasetBytesMax };
  return stored(context, await refusing("", () => valueOfFile(bytes, how, limits)));
}

interface ChildReading {
  readonly workshop: Workshop;
  readonly source: DatasetSource;
  readonly signal: AbortSignal | undefined;
}

async function readByChild(
  context: CatalogContext,
  { workshop: { artifactsDir, errands }, source, signal }: ChildReading,
): Promise<DatasetFacts> {
  const { limits, store } = context;
  // Of what it may become nothing is known yet; a tenant without any room is refused before.
  await store.read((reader) => refuseFullStorage(reader, limits));
  const bytesMax = limits.datasetBytesMax;
  const errand = { kind: "read_dataset", artifactsDir, source, bytesMax } as const;
  const { facts } = await blamingFile(errands.perform(errand, signal), "invalid_dataset");
  return facts;
}

function stored(context: CatalogContext, value: DatasetValue): Promise<DatasetFacts> {
  const { artifacts, limits, store } = context;
  return storeValue(artifacts, value, {
    bytesMax: limits.datasetBytesMax,
    check: (bytes) => store.read((reader) => refuseFullStorage(reader, limits, bytes)),
  });
}

/** The artifact was first, the row is last: a row never points at bytes that are not there. */
async function insert(
  { store, limits, now }: CatalogContext,
  facts: DatasetFacts,
  about: About,
): Promise<Dataset> {
  const created_at = new Date(now()).toISOString();
  const dataset: Dataset = { id: newId("dst", now()), ...about, ...facts, created_at };
  await store.write(async (writer) => {
    await refuseFullStorage(writer, limits, facts.bytes);
    await writer.insertDataset(dataset);
  });
  return dataset;
}

async function valueOfFiles(
  { limits }: CatalogContext,
  { format, files }: Extract<UploadedFiles, { files: unknown }>,
  { testFraction, seed, signal }: UploadOptions,
): Promise<DatasetValue> {
  const split = {
    ...(testFraction === undefined ? {} : { testFraction }),
    ...(seed === undefined ? {} : { seed }),
  };
  const parse = format === "npy" ? readNpy : readIdx;
  const arrays = new Map<string, Tensor>();
  let bytesLeft = limits.datasetBytesMax;
  let uploadLeft = limits.uploadBytesMax;
  for (const [name, content] of files) {
    const bytes = await whole(counted(content, uploadLeft, signal));
    uploadLeft -= bytes.length;
    const value = parse(bytes, { bytesMax: bytesLeft }, pointerTo(name));
    bytesLeft -= value.data.length * bytesOf[value.dtype];
    arrays.set(name, value);
  }
  return format === "npy" ? fromArrays(arrays, split) : fromIdx(arrays, split);
}

/** The same bytes, refused where they are more than `bytesMax`. */
async function* counted(
  content: Content,
  bytesMax: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const piece of content instanceof Uint8Array ? [content] : content) {
    signal?.throwIfAborted();
    bytes += piece.length;
    if (bytes > bytesMax) {
      throw new Failure("body_too_large", `An upload may have at most ${bytesMax} bytes.`);
    }
    yield piece;
  }
}

async function whole(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** All of it when it is small; otherwise a stream of it from its beginning. */
async function begun(content: AsyncGenerator<Uint8Array>, smallBytesMax: number) {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await content.next();
    if (done === true) return { small: Buffer.concat(pieces), rest: undefined };
    pieces.push(value);
    bytes += value.length;
    if (bytes > smallBytesMax) break;
  }
  return { small: new Uint8Array(), rest: joined(pieces, content) };
}

async function* joined(first: readonly Uint8Array[], rest: AsyncIterable<Uint8Array>) {
  yield* first;
  yield* rest;
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
