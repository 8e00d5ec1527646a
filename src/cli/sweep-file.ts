/**
 * The file that `linnet sweep` reads: a sweep's request, whose base may name a model and a data set
 * by definition, generator or path as a train file may. What varies is the service's to judge.
 */
import { dirname } from "node:path";
import { usage } from "./exit.ts";
import {
  type DatasetPart,
  datasetPart,
  isJson,
  type ModelPart,
  modelPart,
  readJson,
} from "./train-file.ts";

type Json = Readonly<Record<string, unknown>>;

export interface SweepFile {
  /** Absent where every cell names its own. */
  readonly model: ModelPart | undefined;
  readonly dataset: DatasetPart | undefined;
  /** The other fields of the base. */
  readonly base: Json;
  /** The other fields of the sweep's request. */
  readonly request: Json;
}

/** What flags may change in a file's sweep. */
export interface SweepOverrides {
  readonly name?: string | undefined;
  readonly seeds?: number | undefined;
  readonly parallel?: number | undefined;
}

/** The file at `path`; paths inside it are relative to it. Throws CommandError. */
export async function readSweepFile(path: string): Promise<SweepFile> {
  const content = await readJson(path);
  if (!isJson(content)) throw usage(`${path} must hold a JSON object`);
  const { base, ...request } = content;
  if (!isJson(base)) throw usage(`${path} must hold a sweep`, 'Give "base": { … } in it.');
  const { model, dataset, ...rest } = base;
  const folder = dirname(path);
  return {
    model: model === undefined ? undefined : await modelPart(model, folder),
    dataset: dataset === undefined ? undefined : datasetPart(dataset, folder),
    base: rest,
    request,
  };
}

/** The sweep's request with flags on top. */
export function overriddenSweep(request: Json, { name, seeds, parallel }: SweepOverrides): Json {
  const given = Object.entries({ name, seeds, parallel }).filter(
    ([, value]) => value !== undefined,
  );
  return { ...request, ...Object.fromEntries(given) };
}
