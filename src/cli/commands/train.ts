/** `linnet train FILE`: model, data set and run from one file, watched to the end. */
import { openAsBlob } from "node:fs";
import { basename } from "node:path";
import type { Api, ModelQuery } from "#cli/api.ts";
import { type Connection, connectOrEmbed, type Embedding } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { CommandError } from "#cli/exit.ts";
import { pointedAt } from "#cli/explain.ts";
import { sendModelFile } from "#cli/model-file.ts";
import { summary } from "#cli/show/summary.ts";
import {
  type DatasetPart,
  type ModelPart,
  type Overrides,
  overridden,
  readTrainFile,
} from "#cli/train-file.ts";
import type { DatasetRequest } from "#schemas/dataset.ts";
import type { ModelRequest } from "#schemas/model.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import { watchRuns } from "./watch.ts";

export interface TrainOptions extends Everywhere, Embedding, Overrides {
  readonly detach?: boolean;
}

export async function train(
  context: Context,
  path: string,
  options: TrainOptions,
): Promise<Ending> {
  const file = await readTrainFile(path);
  await using connection = await connectOrEmbed(context, options);
  if (options.detach === true && connection.embedded) {
    throw new CommandError("usage", "--detach needs a service that goes on: give --url");
  }
  const { api } = connection;
  const model = await modelId(api, file.model);
  const dataset = await datasetId(api, file.dataset);
  const fields = overridden(file.run, options);
  // The service checks the fields; what it refuses comes back with pointers into the file.
  const run = await api.createRun({ ...fields, model, dataset } as unknown as RunRequest);
  if (options.detach === true) {
    context.terminal.out(options.json === true ? `${JSON.stringify(run)}\n` : `${run.id}\n`);
    return "ok";
  }
  const ending = await watchRuns(context, { connection, runs: [run], options });
  if (options.json !== true && !context.interrupt.aborted) {
    context.terminal.out(summary(await api.run(run.id), context.terminal));
    keptWhere(context, connection, { run, data: options.data });
  }
  return ending;
}

function keptWhere(
  { terminal }: Context,
  connection: Connection,
  { run, data }: { readonly run: Run; readonly data: string | undefined },
): void {
  if (!connection.embedded) terminal.err(`\nMore: ${connection.url}/v1/runs/${run.id}\n`);
  else if (data === undefined) {
    terminal.err("\nNothing was kept: give --data DIR or --url URL to keep the run.\n");
  } else {
    terminal.err(`\nKept in ${data}: LINNET_DATA_DIR=${data} npm start serves it.\n`);
  }
}

/** A file's options as they stand in JSON; `fixed` is an object there. */
function queryOf(options: Readonly<Record<string, unknown>>): ModelQuery {
  const { fixed, ...same } = options;
  if (typeof fixed !== "object" || fixed === null || Array.isArray(fixed)) return options;
  const numbers = Object.entries(fixed).map(([name, number]) => `${name}:${number}`);
  return { ...same, fixed: numbers };
}

export async function modelId(api: Api, part: ModelPart): Promise<string> {
  if (part.kind === "id") return part.id;
  if (part.kind === "file") return (await sendModelFile(api, part.path, queryOf(part.options))).id;
  const body = { definition: part.definition } as unknown as ModelRequest;
  const model = await pointing(api.createModel(body), { "/definition": "/model" });
  return model.id;
}

export async function datasetId(api: Api, part: DatasetPart): Promise<string> {
  if (part.kind === "id") return part.id;
  if (part.kind === "generator") {
    const body = { generator: part.generator } as unknown as DatasetRequest;
    return (await pointing(api.createDataset(body), { "/generator": "/dataset" })).id;
  }
  const content = await openAsBlob(part.path).catch((error: Error) => {
    throw new CommandError("usage", `Cannot read ${part.path}`, { message: error.message });
  });
  const upload = { name: basename(part.path), format: part.format, content };
  return (
    await api.uploadDataset(part.label === undefined ? upload : { ...upload, label: part.label })
  ).id;
}

/** `answer`, with the pointers of a refusal pointing into the file. */
async function pointing<T>(
  answer: Promise<T>,
  places: Readonly<Record<string, string>>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof CommandError ? pointedAt(error, places) : error;
  }
}
