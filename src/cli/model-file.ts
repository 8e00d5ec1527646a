/**
 * A file of a network on its way to the service: an ONNX file, a definition, or the model.json of a
 * layers model with the files of weights that lie beside it.
 */
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Model, ModelRequest } from "#schemas/model.ts";
import type { Api, ModelQuery } from "./api.ts";
import { usage } from "./exit.ts";

type Json = Readonly<Record<string, unknown>>;

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Undefined where there is no such file, which is thrown before anything is promised. */
async function blobAt(path: string): Promise<Blob | undefined> {
  try {
    return await openAsBlob(path);
  } catch {
    return undefined;
  }
}

async function blobOf(path: string): Promise<Blob> {
  const blob = await blobAt(path);
  if (blob === undefined) throw usage(`Cannot read ${path}`, "There is no such file.");
  return blob;
}

/** True for what Keras and TF.js write; our own definitions have neither field. */
export const isLayersModel = (content: unknown): content is Json =>
  isJson(content) && ("modelTopology" in content || "class_name" in content);

/** Files of weights that the manifest names and that lie in the folder. */
async function shardsIn(content: Json, folder: string): Promise<Map<string, Blob>> {
  const manifest = content["weightsManifest"];
  const groups: unknown[] = Array.isArray(manifest) ? manifest : [];
  const paths = groups.flatMap((group): unknown[] =>
    isJson(group) && Array.isArray(group["paths"]) ? group["paths"] : [],
  );
  const found = new Map<string, Blob>();
  for (const path of paths) {
    const name = basename(String(path));
    const blob = await blobAt(join(folder, name));
    if (blob !== undefined) found.set(name, blob);
  }
  return found;
}

/** Sends a layers model, with its weights where they are. */
async function sendLayers(
  api: Api,
  { content, path, query }: { content: Json; path: string; query: ModelQuery },
): Promise<Model> {
  const shards = await shardsIn(content, dirname(path));
  const form = new FormData();
  for (const [name, blob] of shards) form.append("weights", blob, name);
  form.append("model", new Blob([JSON.stringify(content)]), "model.json");
  return api.sendModelForm(form, query);
}

async function jsonIn(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw usage(`Cannot read ${path}`, error.message);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${path} is not JSON`, error instanceof Error ? error.message : String(error));
  }
}

/** Makes a model of the file at `path`. Throws CommandError. */
export async function sendModelFile(api: Api, path: string, query: ModelQuery): Promise<Model> {
  const ending = extname(path).toLowerCase();
  if (ending === ".onnx") return api.uploadModel(await blobOf(path), query);
  if (ending !== ".json") throw usage(`${path} is neither an .onnx nor a .json file`);
  const content = await jsonIn(path);
  if (isLayersModel(content)) return sendLayers(api, { content, path, query });
  const name = query.name === undefined ? {} : { name: query.name };
  const isRequest = isJson(content) && "definition" in content;
  const request = { ...(isRequest ? content : { definition: content }), ...name };
  return api.createModel(request as ModelRequest);
}
