/**
 * The file that `linnet train` reads: a run's request in which `model` may be a definition or a
 * path and `dataset` a generator or a path. Whether the values make sense is the service's to say.
 */
import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { CommandError, usage } from "./exit.ts";
import { isLayersModel } from "./model-file.ts";

type Json = Readonly<Record<string, unknown>>;

export type ModelPart =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "definition"; readonly definition: Json }
  | { readonly kind: "file"; readonly path: string; readonly options: Json };

export type DatasetPart =
  | { readonly kind: "id"; readonly id: string }
  | { readonly kind: "generator"; readonly generator: Json }
  | {
      readonly kind: "file";
      readonly path: string;
      readonly format: Format;
      readonly label?: string;
    };

type Format = "npz" | "safetensors" | "csv";

export interface TrainFile {
  readonly model: ModelPart;
  readonly dataset: DatasetPart;
  /** The other fields of the run's request. */
  readonly run: Json;
}

const formats: Readonly<Record<string, Format>> = {
  ".npz": "npz",
  ".safetensors": "safetensors",
  ".csv": "csv",
};

export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads and parses one JSON file. Throws CommandError with the place of the fault. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "There is no such file." : error.message;
    throw usage(`Cannot read ${path}`, why);
  });
  try {
    return JSON.parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw usage(`${path} is not JSON`, why);
  }
}

/** The file at `path`; paths inside it are relative to it. Throws CommandError. */
export async function readTrainFile(path: string): Promise<TrainFile> {
  const content = await readJson(path);
  if (!isJson(content)) throw usage(`${path} must hold a JSON object`);
  const { model, dataset, ...run } = content;
  const folder = dirname(path);
  return { model: await modelPart(model, folder), dataset: datasetPart(dataset, folder), run };
}

const at = (pointer: string, detail: string): CommandError =>
  new CommandError("usage", "The file cannot be used", { errors: [{ pointer, detail }] });

export async function modelPart(model: unknown, folder: string): Promise<ModelPart> {
  if (isJson(model) && typeof model["file"] === "string") {
    const { file, ...options } = model;
    return { kind: "file", path: resolve(folder, String(file)), options };
  }
  if (isJson(model)) return { kind: "definition", definition: model };
  if (typeof model !== "string") {
    throw at("/model", "Give a definition, the path of one, or the id of a stored model.");
  }
  if (/^mdl_/.test(model)) return { kind: "id", id: model };
  const path = resolve(folder, model);
  if (extname(model) === ".onnx") return { kind: "file", path, options: {} };
  if (extname(model) !== ".json") {
    throw at(
      "/model",
      `"${model}" is neither an id (mdl_…) nor the path of a .json or .onnx file.`,
    );
  }
  const definition = await readJson(path);
  if (isLayersModel(definition)) return { kind: "file", path, options: {} };
  if (!isJson(definition)) throw at("/model", `${model} must hold a definition.`);
  return { kind: "definition", definition };
}

export function datasetPart(dataset: unknown, folder: string): DatasetPart {
  if (typeof dataset === "string") {
    if (/^dst_/.test(dataset)) return { kind: "id", id: dataset };
    return filePart(dataset, folder, "/dataset");
  }
  if (!isJson(dataset)) {
    throw at("/dataset", "Give a generator, the path of a file, or the id of a stored data set.");
  }
  if (typeof dataset["file"] !== "string") return { kind: "generator", generator: dataset };
  const file = filePart(dataset["file"], folder, "/dataset/file");
  const label = dataset["label"];
  if (label === undefined) return file;
  if (typeof label !== "string") throw at("/dataset/label", "Name the column of the label.");
  return { ...file, label };
}

function filePart(file: string, folder: string, pointer: string) {
  const format = formats[extname(file).toLowerCase()];
  if (format === undefined) {
    const known = Object.keys(formats).join(", ");
    throw at(pointer, `"${file}" is neither an id (dst_…) nor a file that ends in ${known}.`);
  }
  return { kind: "file", path: resolve(folder, file), format } as const;
}

/** What flags may change in a file's run. */
export interface Overrides {
  readonly period?: number | "never" | undefined;
  readonly standard?: boolean | undefined;
  readonly steps?: number | undefined;
  readonly rate?: number | undefined;
  readonly seed?: number | undefined;
  readonly batch?: number | "full" | undefined;
  readonly name?: string | undefined;
  readonly engine?: string | undefined;
  readonly device?: string | undefined;
  readonly dtype?: string | undefined;
}

/** The run's fields with flags on top. */
export function overridden(run: Json, flags: Overrides): Json {
  const direct = {
    steps: flags.steps,
    seed: flags.seed,
    batch_size: flags.batch,
    name: flags.name,
    engine: flags.engine,
    device: flags.device,
    dtype: flags.dtype,
  };
  const given = Object.entries(direct).filter(([, value]) => value !== undefined);
  const { algorithm, optimizer } = run;
  return {
    ...run,
    ...Object.fromEntries(given),
    ...(flags.rate === undefined
      ? {}
      : { optimizer: { ...(isJson(optimizer) ? optimizer : {}), learning_rate: flags.rate } }),
    ...(flags.standard === true ? { algorithm: { type: "standard" } } : {}),
    ...(flags.period === undefined
      ? {}
      : { algorithm: { ...linearised(algorithm), period: flags.period } }),
  };
}

/** The other fields of a linearised algorithm stay; those of another one mean nothing to it. */
function linearised(algorithm: unknown): Json {
  if (isJson(algorithm) && algorithm["type"] === "linearised") return algorithm;
  return { type: "linearised" };
}
