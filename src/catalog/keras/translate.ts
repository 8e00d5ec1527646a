/**
 * A layers model as a definition: every layer by its translation, in an order in which inputs come
 * first. All faults are told together, each at its layer. Weights are found in weights.ts.
 */
import { inputId } from "#engine/layers/wiring.ts";
import type { KerasOptions, LayersModel } from "#schemas/keras.ts";
import type { Definition } from "#schemas/model.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";
import { type KerasLayer, type KerasModel, readDocument, refuse, refuseAll } from "./document.ts";
import { FieldFault } from "./fields.ts";
import { linearLayers } from "./linear.ts";
import { Nodes, Unknown, type Wanted } from "./nodes.ts";
import type { Piece, Site, Translation, TranslationOptions } from "./piece.ts";
import { shapingLayers } from "./shaping.ts";

export interface TranslateOptions extends KerasOptions {
  /** Shape of an example, where the document leaves lengths open. */
  readonly input_shape?: readonly number[];
}

export interface Translated {
  readonly definition: Definition;
  readonly wanted: readonly Wanted[];
  readonly warnings: readonly string[];
}

const translations: Readonly<Record<string, Translation>> = { ...linearLayers, ...shapingLayers };

function translationOf(type: string): Translation | undefined {
  return Object.hasOwn(translations, type) ? translations[type] : undefined;
}

/** Layers whose inputs come before them. Failure where there is a ring or a name twice. */
function inOrder({ layers }: KerasModel): readonly KerasLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]));
  if (byName.size < layers.length) {
    const twice = layers.find((layer) => byName.get(layer.name) !== layer);
    refuse(twice?.pointer ?? "", `two layers are called "${twice?.name}"; rename one`);
  }
  const missing = new Map<string, number>();
  const readers = new Map<string, KerasLayer[]>();
  for (const layer of layers) {
    const sources = [...layer.inputs, ...Object.values(layer.named)];
    missing.set(layer.name, sources.length);
    for (const source of sources) {
      if (!byName.has(source)) refuse(layer.pointer, `there is no layer "${source}" to read from`);
      const known = readers.get(source);
      if (known === undefined) readers.set(source, [layer]);
      else known.push(layer);
    }
  }
  const ordered = layers.filter(({ name }) => missing.get(name) === 0);
  for (const { name } of ordered) {
    for (const reader of readers.get(name) ?? []) {
      const left = (missing.get(reader.name) ?? 0) - 1;
      missing.set(reader.name, left);
      if (left === 0) ordered.push(reader);
    }
  }
  if (ordered.length < layers.length) {
    const caught = layers.find(({ name }) => (missing.get(name) ?? 0) > 0);
    refuse(caught?.pointer ?? "", `"${caught?.name}" feeds itself`);
  }
  return ordered;
}

function inputShapeOf(model: KerasModel, given: readonly number[] | undefined): number[] {
  const shape = given ?? model.inputShape;
  if (shape === undefined || shape.length === 0 || shape.includes(null)) {
    const known = shape === undefined ? "no shape" : `[${shape.map((n) => n ?? "?")}]`;
    return refuse("", `the input has ${known} for an example; give input_shape`);
  }
  return shape.map((length) => length ?? 1);
}

/** Query, key and value, which Keras writes as query, value and key. */
function attentionInputs({ inputs, named }: KerasLayer): string[] {
  const [query = "", value = named["value"] ?? query, key = named["key"] ?? value] = inputs;
  return [query, key, value];
}

interface Work {
  readonly model: KerasModel;
  readonly nodes: Nodes;
  readonly options: TranslationOptions;
  readonly warnings: string[];
  readonly errors: FieldError[];
}

function piecesOf(
  layer: KerasLayer,
  inputs: () => readonly string[],
  work: Work,
): readonly Piece[] {
  const translate = translationOf(layer.type);
  if (translate === undefined) {
    throw new FieldFault("is not known here; take it out, or export the model to ONNX");
  }
  const site: Site = {
    layer,
    version: work.model.version,
    options: work.options,
    shapeOf: (input) => work.nodes.shapeOf(inputs()[input] ?? inputId),
    warn: (text) => work.warnings.push(text),
  };
  const pieces = translate(layer.config, site);
  if (typeof pieces === "string") throw new FieldFault(pieces);
  return pieces;
}

/** Adds one layer, or its fault. */
function place(layer: KerasLayer, work: Work): void {
  const { nodes, errors, model } = work;
  if (layer.type === "InputLayer") {
    nodes.stand(layer.name, inputId);
    return;
  }
  nodes.stand(layer.name, undefined);
  const isAttention = layer.type === "MultiHeadAttention";
  const sources = isAttention ? attentionInputs(layer) : layer.inputs;
  const isFirst = sources.length === 0 && layer === model.layers[0];
  const inputs = (): string[] =>
    isFirst ? [inputId] : sources.map((name) => nodes.outputOf(name));
  try {
    // Its own faults are told even where what it reads from was refused.
    nodes.add(layer, piecesOf(layer, inputs, work), inputs());
  } catch (error) {
    if (error instanceof Unknown) return;
    if (!(error instanceof FieldFault) && !(error instanceof Failure)) throw error;
    const detail = `${layer.type} "${layer.name}": ${error.message}`;
    errors.push({ pointer: layer.pointer, detail });
  }
}

/** A softmax at the end stays, and is warned of, or goes. */
function finish(work: Work, choice: KerasOptions["final_softmax"]): string {
  const { nodes, model, warnings } = work;
  const output = nodes.outputOf(model.output);
  const last = nodes.nodes.find(({ id }) => id === output);
  if (last?.type !== "activation" || last.activation !== "softmax") return output;
  if (choice !== "remove") {
    warnings.push(
      "The model ends in a softmax, and softmax_cross_entropy has one of its own: make it again " +
        "with final_softmax=remove to train with that loss.",
    );
    return output;
  }
  nodes.nodes.splice(nodes.nodes.indexOf(last), 1);
  warnings.push("The softmax at the end was removed: outputs are logits.");
  return last.inputs[0] ?? inputId;
}

/** Failures `invalid_model` with a pointer to each layer at fault. */
export function translated(document: LayersModel, options: TranslateOptions = {}): Translated {
  const model = readDocument(document);
  const shape = inputShapeOf(model, options.input_shape);
  const work: Work = {
    model,
    nodes: new Nodes(shape),
    options: { statistics: options.statistics ?? "frozen", dropout: options.dropout ?? "keep" },
    warnings: [],
    errors: [],
  };
  for (const layer of inOrder(model)) place(layer, work);
  refuseAll(work.errors);
  const output = finish(work, options.final_softmax);
  const { nodes, wanted } = work.nodes;
  if (output === inputId) refuse("", "the model has no layer that does anything");
  const readsIds = nodes.some(
    ({ type, inputs }) => type === "embedding" && inputs.includes(inputId),
  );
  const definition: Definition = {
    input: { shape, ...(readsIds ? { dtype: "integer" as const } : {}) },
    nodes,
    output,
  };
  return { definition, wanted, warnings: work.warnings };
}
