/** Models from layers models: the topology becomes a definition, files of weights its beginning. */
import { canonicalJson } from "#catalog/canonical-json.ts";
import type { CatalogContext } from "#catalog/context.ts";
import { draftModel, insertModel, storeDraft } from "#catalog/models.ts";
import { blamingFile, type Workshop } from "#catalog/workshop.ts";
import type { LayersModel } from "#schemas/keras.ts";
import type { Model } from "#schemas/model.ts";
import { type Translated, type TranslateOptions, translated } from "./translate.ts";
import { placesOf } from "./weights.ts";

export interface SentLayersModel {
  readonly document: LayersModel;
  /** Name of each file of weights → its digest; empty: weights are drawn by the run. */
  readonly shards: ReadonlyMap<string, string>;
  readonly options: TranslateOptions;
  readonly name?: string;
  readonly signal?: AbortSignal;
}

/** The weights as an artifact, gathered by a child. */
async function weightsFrom(
  { artifactsDir, errands }: Workshop,
  { definition, wanted }: Translated,
  { document, shards, signal }: SentLayersModel,
): Promise<string> {
  const arrays = placesOf(document.weightsManifest ?? [], shards, wanted);
  const model = { kind: "definition", definition } as const;
  const errand = { kind: "gather_weights", model, artifactsDir, arrays } as const;
  const { digest } = await blamingFile(errands.perform(errand, signal));
  return digest;
}

/**
 * The digest of an artifact that names the definition and the weights, so that both are kept as
 * long as the model is.
 */
async function manifestOf(
  { artifacts }: CatalogContext,
  parts: { readonly definition: string; readonly weights: string },
): Promise<string> {
  const text = canonicalJson({ format: "linnet.model", ...parts });
  const { digest } = await artifacts.put(new TextEncoder().encode(text), { bytesMax: 4096 });
  return digest;
}

/**
 * A model from a layers model. Failures: `invalid_model` with every layer that is not known, every
 * file and every array that is missing; those of `createModel`.
 */
export async function createKerasModel(
  context: CatalogContext,
  workshop: Workshop,
  sent: SentLayersModel,
): Promise<Model> {
  const result = translated(sent.document, sent.options);
  const { definition, warnings } = result;
  const name = sent.name === undefined ? {} : { name: sent.name };
  const draft = draftModel(context, { definition, ...name });
  const weights = sent.shards.size === 0 ? undefined : await weightsFrom(workshop, result, sent);
  const hasFiles = (sent.document.weightsManifest ?? []).length > 0;
  const remark =
    hasFiles && weights === undefined
      ? ["The files of weights were not sent: runs draw their own."]
      : [];
  const model: Omit<Model, "digest"> = {
    ...draft.model,
    source: "keras",
    warnings: [...warnings, ...remark, ...draft.model.warnings],
    ...(weights === undefined ? {} : { weights }),
  };
  const stored = await storeDraft(context, { ...draft, model });
  const digest =
    weights === undefined
      ? stored.digest
      : await manifestOf(context, { definition: stored.digest, weights });
  const weightsBytes = weights === undefined ? 0 : await context.artifacts.size(weights);
  const made: Model = { ...stored, digest, bytes: (stored.bytes ?? 0) + (weightsBytes ?? 0) };
  await insertModel(context, made);
  return made;
}
