/** What becomes of a file: an ONNX file or a definition is a model, tables and arrays are data. */
import { Cell } from "../state/cell.ts";
import { go } from "../state/route.ts";
import { complain, say } from "../state/toast.ts";
import { api } from "./api.ts";
import { Refusal } from "./request.ts";

/** Grows whenever a file became a model or a data set, so that lists are read again. */
export const taken = new Cell(0);

const filesMax = 10;
const jsonBytesMax = 8 * 1024 * 1024;
const dataFormats = ["npz", "safetensors", "csv"] as const;

const stem = (name: string): string => name.replace(/\.[^.]+$/, "");
const extension = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

/** A definition, a Keras topology, a whole model request, or the request of a generator. */
async function takeJson(file: File): Promise<string> {
  if (file.size > jsonBytesMax) throw new Error(`${file.name} is too large for a definition.`);
  const value: unknown = JSON.parse(await file.text());
  if (!isObject(value)) throw new Error(`${file.name} holds no object.`);
  if ("generator" in value) {
    const { id } = await api.createDataset(value as Parameters<typeof api.createDataset>[0]);
    return `data?made=${id}`;
  }
  const request = "definition" in value ? value : { name: stem(file.name), definition: value };
  return `models/${(await api.createModel(request)).id}`;
}

async function takeOnnx(file: File): Promise<string> {
  try {
    return `models/${(await api.uploadModel(stem(file.name), file)).id}`;
  } catch (error) {
    if (error instanceof Refusal && error.code === "unsupported_media_type") {
      throw new Error("This service does not read ONNX files yet.");
    }
    throw error;
  }
}

async function take(file: File): Promise<string> {
  const kind = extension(file.name);
  if (kind === "onnx") return takeOnnx(file);
  if (kind === "json") return takeJson(file);
  const format = dataFormats.find((known) => known === kind);
  if (format === undefined) throw new Error(`Nothing is known about files like ${file.name}.`);
  const { id } = await api.uploadDataset(stem(file.name), format, file);
  return `data?made=${id}`;
}

/** Takes every file; shows the place of the last. */
export async function takeFiles(files: readonly File[]): Promise<void> {
  let place: string | undefined;
  for (const file of files.slice(0, filesMax)) {
    try {
      place = await take(file);
      say(`${file.name} was taken`);
    } catch (error) {
      complain(error);
    }
  }
  if (place === undefined) return;
  taken.set(taken.value + 1);
  go(place);
}
