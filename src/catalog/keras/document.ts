/**
 * A layers model as it is sent, read into a list of layers and who feeds whom: Keras 2 and 3,
 * Sequential and Functional. What layers mean is told elsewhere.
 */
import type { LayersModel } from "#schemas/keras.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";

export type Json = Readonly<Record<string, unknown>>;

/** A layer as Keras writes it. */
export interface KerasLayer {
  readonly name: string;
  readonly type: string;
  readonly config: Json;
  readonly pointer: string;
  /** Names of the layers that feed it, in order. */
  readonly inputs: readonly string[];
  /** Those given by name, such as `value` of an attention. */
  readonly named: Readonly<Record<string, string>>;
}

export interface KerasModel {
  readonly layers: readonly KerasLayer[];
  readonly output: string;
  /** Of an example, where it is told beside the layers. */
  readonly inputShape: readonly (number | null)[] | undefined;
  /** 2 or 3: some words mean something else. */
  readonly version: 2 | 3;
}

export const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const layersMax = 5000;
/** Lists inside lists that a reference to another layer may stand in. */
const depthMax = 16;

export function refuseAll(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first !== undefined) throw new Failure("invalid_model", first.detail, { errors });
}

export function refuse(pointer: string, detail: string): never {
  throw new Failure("invalid_model", detail, { errors: [{ pointer, detail }] });
}

interface Root {
  readonly type: string;
  readonly config: unknown;
  readonly pointer: string;
  readonly version: 2 | 3;
}

/** The model's own description, wherever the format keeps it. */
function rootOf(document: LayersModel): Root {
  const topology: Json = document.modelTopology ?? document;
  const inner = topology["model_config"] ?? topology;
  const base = document.modelTopology === undefined ? "" : "/modelTopology";
  const pointer = inner === topology ? base : `${base}/model_config`;
  if (!isJson(inner) || typeof inner["class_name"] !== "string") {
    const detail =
      "is no layers model: it needs class_name (Sequential, Functional) and config; convert a " +
      "saved model by tensorflowjs, or send what Keras' to_json writes";
    return refuse(base, detail);
  }
  const told = topology["keras_version"] ?? inner["keras_version"] ?? "";
  const version = String(told).startsWith("3") ? 3 : 2;
  return { type: inner["class_name"], config: inner["config"], pointer, version };
}

function shapeIn(value: unknown): readonly (number | null)[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.slice(1).map((length) => (typeof length === "number" ? length : null));
}

/** The shape that a layer or a model says its input has. */
export const shapeOf = (config: Json): readonly (number | null)[] | undefined =>
  shapeIn(config["batch_shape"] ?? config["batch_input_shape"] ?? config["build_input_shape"]);

function listed(value: unknown, pointer: string): readonly Json[] {
  if (!Array.isArray(value) || !value.every(isJson)) {
    return refuse(pointer, "must be a list of layers");
  }
  if (value.length > layersMax) return refuse(pointer, `has more than ${layersMax} layers`);
  return value;
}

function parts(layer: Json, pointer: string) {
  const { class_name: type, config } = layer;
  if (typeof type !== "string" || !isJson(config)) {
    return refuse(pointer, "must be a layer with class_name and config");
  }
  const name = config["name"] ?? layer["name"];
  return { type, config, pointer, name: typeof name === "string" ? name : "" };
}

function sequential({ config, pointer, version }: Root): KerasModel {
  const own: Json = isJson(config) ? config : {};
  const isList = Array.isArray(config);
  const at = isList ? `${pointer}/config` : `${pointer}/config/layers`;
  const layers: KerasLayer[] = [];
  const taken = new Set<string>();
  for (const [i, raw] of listed(isList ? config : own["layers"], at).entries()) {
    const part = parts(raw, `${at}/${i}`);
    let name = part.name === "" ? `layer_${i}` : part.name;
    while (taken.has(name)) name = `${name}_${i}`;
    taken.add(name);
    const inputs = layers.slice(-1).map((before) => before.name);
    layers.push({ ...part, name, inputs, named: {} });
  }
  const [first] = layers;
  const inputShape = shapeOf(own) ?? (first && shapeOf(first.config));
  return { layers, output: layers.at(-1)?.name ?? "", inputShape, version };
}

/** The layer that a reference names: `[name, node, tensor, …]`, or a tensor of Keras 3. */
function referred(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const [name, node] = value;
    return typeof name === "string" && typeof node === "number" ? name : undefined;
  }
  if (!isJson(value) || value["class_name"] !== "__keras_tensor__") return undefined;
  const { config } = value;
  return isJson(config) ? referred(config["keras_history"]) : undefined;
}

/** Every reference in nested lists, in order. */
function references(value: unknown, depth = 0): string[] {
  const own = referred(value);
  if (own !== undefined) return [own];
  if (!Array.isArray(value) || depth > depthMax) return [];
  return value.flatMap((part) => references(part, depth + 1));
}

function namedIn(value: unknown): Record<string, string> {
  if (!isJson(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, given]) => {
      const name = referred(given);
      return name === undefined ? [] : [[key, name]];
    }),
  );
}

/** Who feeds a layer at the one place where it is used. */
function feeding(node: unknown): Pick<KerasLayer, "inputs" | "named"> {
  if (isJson(node)) {
    return { inputs: references(node["args"]), named: namedIn(node["kwargs"]) };
  }
  const [first] = Array.isArray(node) ? node : [];
  const extra = Array.isArray(first) ? first[3] : undefined;
  return { inputs: references(node), named: namedIn(extra) };
}

function functional({ config, pointer, version }: Root): KerasModel {
  if (!isJson(config)) return refuse(`${pointer}/config`, "must be an object with layers");
  const at = `${pointer}/config/layers`;
  const errors: FieldError[] = [];
  const layers = listed(config["layers"], at).map((raw, i): KerasLayer => {
    const part = parts(raw, `${at}/${i}`);
    const name = typeof raw["name"] === "string" ? raw["name"] : part.name;
    const nodes = Array.isArray(raw["inbound_nodes"]) ? raw["inbound_nodes"] : [];
    if (nodes.length > 1) {
      const detail = `"${name}" is used ${nodes.length} times with the same weights; export the model to ONNX and upload that`;
      errors.push({ pointer: `${at}/${i}/inbound_nodes`, detail });
    }
    return { ...part, name, ...feeding(nodes[0]) };
  });
  const inputs = references(config["input_layers"]);
  const outputs = references(config["output_layers"]);
  for (const [key, found] of Object.entries({ input_layers: inputs, output_layers: outputs })) {
    if (found.length === 1) continue;
    const detail = `names ${found.length} layers, and a network has one; cut the model down to one, or export it to ONNX and choose`;
    errors.push({ pointer: `${pointer}/config/${key}`, detail });
  }
  refuseAll(errors);
  const first = layers.find(({ name }) => name === inputs[0]);
  return {
    layers,
    output: outputs[0] ?? "",
    inputShape: first && shapeOf(first.config),
    version,
  };
}

/** Failures `invalid_model` with pointers into the document. */
export function readDocument(document: LayersModel): KerasModel {
  const root = rootOf(document);
  if (root.type === "Sequential") return sequential(root);
  if (root.type === "Functional" || root.type === "Model") return functional(root);
  const detail = `"${root.type}" is a class of its own; only Sequential and Functional models say what is in them. Export it to ONNX and upload that.`;
  return refuse(`${root.pointer}/class_name`, detail);
}
