/**
 * Models from ONNX files, and models as ONNX files. Bytes are stored here and read elsewhere: a
 * child parses them and compares their outputs with those of ONNX Runtime.
 */
import type { ImportOptions, Model } from "#schemas/model.ts";
import { refuseFullStorage } from "#src/access/quota.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { CatalogContext } from "./context.ts";
import { insertModel } from "./models.ts";
import { sourceOf } from "./source.ts";
import { blamingFile, type Workshop } from "./workshop.ts";

/** A file as it comes. */
export interface UploadedModel {
  readonly content: Uint8Array | AsyncIterable<Uint8Array>;
  readonly options: ImportOptions;
  readonly name?: string | null;
  readonly metadata?: Model["metadata"];
  readonly signal?: AbortSignal;
}

/** Refuses what has more parameters than this service trains. Failure `too_large`. */
export function refuseManyParameters(parameters: number, { limits }: CatalogContext): void {
  if (parameters <= limits.parametersMax) return;
  const text = `The model has ${parameters} parameters; at most ${limits.parametersMax} are trained here.`;
  throw new Failure("too_large", text);
}

/**
 * A model from an ONNX file. Failures: `body_too_large`, `malformed_body` where it is none,
 * `invalid_model` with every node that cannot be trained, or where its outputs are not those of
 * ONNX Runtime; `too_large`, `storage_full`.
 */
export async function importModel(
  context: CatalogContext,
  workshop: Workshop,
  { content, options, name = null, metadata = {}, signal }: UploadedModel,
): Promise<Model> {
  const { artifacts, store, limits, now } = context;
  const bytesMax = limits.uploadBytesMax;
  const { digest, bytes } = await artifacts.put(content, {
    bytesMax,
    ...(signal === undefined ? {} : { signal }),
  });
  // Before a child reads it, and again when it is stored.
  await store.read((reader) => refuseFullStorage(reader, limits, bytes));
  const { artifactsDir, errands, memoryBytesMax, threads } = workshop;
  const model = { kind: "onnx", digest, options } as const;
  const errand = { kind: "inspect", model, artifactsDir, memoryBytesMax, threads } as const;
  const { inspection } = await blamingFile(errands.perform(errand, signal));
  refuseManyParameters(inspection.parameters, context);
  const imported: Model = {
    id: newId("mdl", now()),
    name,
    metadata,
    source: "onnx",
    ...inspection,
    coupling: [...inspection.coupling],
    definition: null,
    digest,
    bytes,
    created_at: new Date(now()).toISOString(),
  };
  await insertModel(context, imported);
  return imported;
}

/** A file that was asked for, as an artifact. */
export interface ExportedModel {
  readonly digest: string;
  readonly format: "onnx" | "tar";
}

export interface ExportRequest {
  readonly weights: { readonly seed: number } | { readonly checkpoint: string };
  readonly function: "network" | "linearised";
  readonly graph: "original" | "clean";
}

/**
 * A model with weights as an ONNX file; as a tar of the file and its weights where those are too
 * large for one. Failures: those of errands, and `incompatible` where there is no such graph.
 */
export async function exportModel(
  workshop: Workshop,
  model: Model,
  asked: ExportRequest & { readonly signal?: AbortSignal },
): Promise<ExportedModel> {
  const { signal, ...request } = asked;
  const { artifactsDir, errands } = workshop;
  const isUntouched = model.definition === null && "seed" in request.weights;
  const keeps = request.graph === "original" && request.function === "network";
  if (isUntouched && keeps) return { digest: model.digest, format: "onnx" };
  const source = sourceOf(model);
  return errands.perform({ kind: "export", model: source, artifactsDir, ...request }, signal);
}
