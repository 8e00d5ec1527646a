/** `linnet ntk MODEL`: one kernel of a model or a run on chosen examples, its figures and matrix. */
import { readFile, writeFile } from "node:fs/promises";
import { extname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Api, KernelType } from "#cli/api.ts";
import { connect, connectOrEmbed, type Embedding } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { CommandError, type Ending, usage } from "#cli/exit.ts";
import { kernelText } from "#cli/show/kernel-text.ts";
import { type DatasetPart, datasetPart, isJson, modelPart } from "#cli/train-file.ts";
import { generators } from "#schemas/generator.ts";
import type { KernelVariant } from "#schemas/kernel.ts";
import type { Ntk, NtkRequest } from "#schemas/ntk.ts";

import { datasetId, modelId } from "./train.ts";

export interface NtkOptions extends Everywhere, Embedding {
  readonly dataset?: string;
  readonly split?: "train" | "test";
  readonly examples?: number;
  readonly indices?: number[];
  readonly inputs?: string;
  readonly second?: string;
  readonly secondSplit?: "train" | "test";
  readonly kernel?: KernelVariant;
  readonly method?: "structured" | "explicit";
  readonly dtype?: "float32" | "float64";
  readonly eigenvalues?: number;
  readonly seed?: number;
  readonly checkpoint?: string;
  readonly name?: string;
  readonly out?: string;
}

/** How often a kernel that is being computed is looked at. */
const lookMs = 200;

const typeOf: Readonly<Record<string, KernelType>> = {
  ".npy": "application/x-npy",
  ".safetensors": "application/vnd.safetensors",
  ".png": "image/png",
};

/** The media type that a file's ending asks for. Throws CommandError. */
function kernelType(path: string): KernelType {
  const type = typeOf[extname(path).toLowerCase()];
  if (type !== undefined) return type;
  throw usage(`${path} has no known ending`, `A kernel is ${Object.keys(typeOf).join(", ")}.`);
}

export async function ntk(context: Context, of: string, options: NtkOptions): Promise<Ending> {
  const type = options.out === undefined ? undefined : kernelType(options.out);
  const isStored = /^(mdl|run)_/.test(of) && options.data === undefined;
  await using connection = isStored
    ? connect(context, options)
    : await connectOrEmbed(context, options);
  const { api } = connection;
  const { terminal, interrupt } = context;
  const created = await api.createNtk(await requestOf(api, of, options));
  const ended = await settled(api, created, interrupt);
  if (ended === undefined) {
    terminal.err(`Stopped waiting for ${created.id}\n`);
    return "interrupted";
  }
  terminal.out(options.json === true ? `${JSON.stringify(ended)}\n` : kernelText(ended, terminal));
  if (ended.status === "failed") return "failed";
  if (options.out === undefined || type === undefined) return "ok";
  // A kernel can be larger than memory.
  const content = await api.ntkKernel(ended.id, type);
  await writeFile(options.out, content).catch((error: Error) => {
    throw usage(`Cannot write ${options.out}`, error.message);
  });
  terminal.err(`${options.out}\n`);
  return "ok";
}

/** Data set: an id, a file, a generator's name, or a generator in JSON. */
function dataOf(text: string): DatasetPart {
  if (Object.hasOwn(generators, text)) return { kind: "generator", generator: { type: text } };
  if (!text.startsWith("{")) return datasetPart(text, ".");
  try {
    return datasetPart(JSON.parse(text), ".");
  } catch (error) {
    throw error instanceof CommandError
      ? error
      : usage("--dataset is not JSON", (error as Error).message);
  }
}

async function inputsIn(path: string): Promise<unknown> {
  const text = await readFile(path, "utf8").catch((error: Error) => {
    throw usage(`Cannot read ${path}`, error.message);
  });
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) && "inputs" in value ? value["inputs"] : value;
  } catch (error) {
    throw usage(`${path} is not JSON`, (error as Error).message);
  }
}

/** The first set and, where one is asked for, the second. */
async function setsOf(api: Api, options: NtkOptions) {
  const { examples, indices, split, second, secondSplit, inputs } = options;
  const chosen = {
    ...(examples === undefined ? {} : { examples }),
    ...(indices === undefined ? {} : { indices }),
  };
  const of = (side: "train" | "test" | undefined) => (side === undefined ? {} : { split: side });
  const dataset =
    options.dataset === undefined ? {} : { dataset: await datasetId(api, dataOf(options.dataset)) };
  const first =
    inputs === undefined
      ? { ...dataset, ...of(split), ...chosen }
      : { inputs: await inputsIn(inputs) };
  if (second === undefined && secondSplit === undefined) return { first };
  const other = second === undefined ? dataset : { dataset: await datasetId(api, dataOf(second)) };
  return { first, second: { ...other, ...of(secondSplit), ...chosen } };
}

async function requestOf(api: Api, of: string, options: NtkOptions): Promise<NtkRequest> {
  const { kernel, method, dtype, eigenvalues, seed, checkpoint, name } = options;
  const weights = /^run_/.test(of)
    ? { run: of, checkpoint }
    : { model: await modelId(api, await modelPart(of, ".")), seed };
  const given = { ...weights, name, kernel, method, dtype, eigenvalues };
  const defined = Object.entries(given).filter(([, value]) => value !== undefined);
  const request = { ...Object.fromEntries(defined), ...(await setsOf(api, options)) };
  // The service checks the fields.
  return request as unknown as NtkRequest;
}

/** The kernel once it is computed, or was given up; undefined at Ctrl-C. */
async function settled(api: Api, created: Ntk, interrupt: AbortSignal): Promise<Ntk | undefined> {
  let now = created;
  while (now.status === "queued" || now.status === "running") {
    if (interrupt.aborted) return undefined;
    await delay(lookMs, undefined, { signal: interrupt }).catch(() => undefined);
    now = await api.ntk(created.id);
  }
  return now;
}
