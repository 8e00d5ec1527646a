/** Models as resources: checked, counted, stored by digest, deleted when nothing needs them. */
import { checkDefinition } from "#engine/layers/check.ts";
import { countOperations, parameterCount } from "#engine/layers/count.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import type { Network } from "#engine/network.ts";
import type { Definition, Model, ModelRequest } from "#schemas/model.ts";
import { refuseFullStorage } from "#src/access/quota.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { Page, PageRequest } from "#storage/store.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { CatalogContext } from "./context.ts";
import { refuseNeeded } from "./needed.ts";

/** Canonical definitions are far smaller: thousands of layers of a few hundred bytes. */
const definitionBytesMax = 16 * 1024 ** 2;

/** A model that is not stored yet, and the artifact that it points at. */
export interface DraftModel {
  readonly model: Omit<Model, "digest">;
  readonly canonical: Uint8Array;
}

/**
 * What a definition means, without storing anything. Failures: `invalid_model` with pointers below
 * `/definition`, `too_large` when it has more parameters than this service trains.
 */
export function draftModel(
  { limits, now }: Pick<CatalogContext, "limits" | "now">,
  request: ModelRequest,
): DraftModel {
  const { definition, network } = meaningOf(request.definition);
  const parameters = parameterCount(network);
  if (parameters > limits.parametersMax) {
    const text = `The model has ${parameters} parameters; at most ${limits.parametersMax} are trained here.`;
    throw new Failure("too_large", text);
  }
  const model = {
    id: newId("mdl", now()),
    name: request.name ?? null,
    metadata: request.metadata ?? {},
    source: "definition",
    inputs: [{ name: "input", shape: [...network.input.shape], dtype: kindOf(network) }],
    outputs: [{ name: "output", shape: [...network.outputShape], dtype: "real" }],
    parameters,
    layers: network.layers.map(({ name, type, outputShape, parameters: count }) => ({
      name,
      type,
      output_shape: [...outputShape],
      parameters: count,
    })),
    operations: countOperations(network),
    warnings: [...network.coupling],
    coupling: [...network.coupling],
    definition,
    created_at: new Date(now()).toISOString(),
  } as const satisfies Omit<Model, "digest">;
  return { model, canonical: new TextEncoder().encode(canonicalJson(definition)) };
}

/** Stores the bytes of a draft first, so that no row ever points at bytes that are not there. */
export async function storeDraft(
  { artifacts }: Pick<CatalogContext, "artifacts">,
  { model, canonical }: DraftModel,
): Promise<Model> {
  const { digest, bytes } = await artifacts.put(canonical, { bytesMax: definitionBytesMax });
  return { ...model, digest, bytes };
}

/** Failure `quota_exceeded` when the tenant has no room for it. */
export async function insertModel({ store, limits }: CatalogContext, model: Model): Promise<void> {
  await store.write(async (writer) => {
    await refuseFullStorage(writer, limits, model.bytes ?? 0);
    await writer.insertModel(model);
  });
}

/** A model from its definition. Failures: those of `draftModel`, `quota_exceeded`, `storage_full`. */
export async function createModel(context: CatalogContext, request: ModelRequest): Promise<Model> {
  const model = await storeDraft(context, draftModel(context, request));
  await insertModel(context, model);
  return model;
}

function kindOf({ input }: Network): "integer" | "real" {
  return input.kind === "integer" ? "integer" : "real";
}

/** The network that a definition means; pointers are made to begin at the request's root. */
function meaningOf(given: unknown): { definition: Definition; network: Network } {
  try {
    const definition = checkDefinition(given);
    return { definition, network: networkFrom(definition) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const errors = error.errors.map(({ pointer, detail }) => ({
      pointer: `/definition${pointer}`,
      detail,
    }));
    throw new Failure(error.code, error.message, { errors, cause: error });
  }
}

/** Failure `not_found`. */
export async function getModel(context: CatalogContext, id: string): Promise<Model> {
  const model = await context.store.read((reader) => reader.model(id));
  if (model === undefined) throw new Failure("not_found", `There is no model ${id}.`);
  return model;
}

/** Newest first. */
export function listModels(context: CatalogContext, page: PageRequest): Promise<Page<Model>> {
  return context.store.read((reader) => reader.models(page));
}

/** Failures `not_found`, and `in_use` while a run that has not ended needs it. */
export async function deleteModel(context: CatalogContext, id: string): Promise<void> {
  await context.store.write(async (writer) => {
    if ((await writer.model(id)) === undefined) {
      throw new Failure("not_found", `There is no model ${id}.`);
    }
    // Deleted first: whoever begins to need it meanwhile waits for this, and then misses it.
    await writer.deleteModel(id);
    await refuseNeeded(writer, { model: id });
  });
}
