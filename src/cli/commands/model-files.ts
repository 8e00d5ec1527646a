/** `linnet models add` and `linnet models export`: networks as files. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Api, ModelFile, ModelQuery } from "#cli/api.ts";
import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { type Ending, usage } from "#cli/exit.ts";
import { sendModelFile } from "#cli/model-file.ts";
import { plain } from "#cli/show/paint.ts";

export interface AddOptions extends Everywhere {
  readonly name?: string;
  readonly input?: string;
  readonly output?: string;
  readonly include?: string[];
  readonly exclude?: string[];
  readonly freeze?: string[];
  readonly fixed?: string[];
  readonly inputShape?: number[];
  readonly channelsLast?: boolean;
  readonly statistics?: string;
  readonly dropout?: string;
  readonly finalSoftmax?: string;
}

function queryOf(options: AddOptions): ModelQuery {
  const { name, input, output, include, exclude, freeze, fixed, statistics, dropout } = options;
  const given = {
    ...{ name, input, output, include, exclude, freeze, fixed, statistics, dropout },
    input_shape: options.inputShape,
    input_layout: options.channelsLast === true ? "channels_last" : undefined,
    final_softmax: options.finalSoftmax,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

export async function addModel(
  context: Context,
  path: string,
  options: AddOptions,
): Promise<Ending> {
  const { terminal } = context;
  await using connection = connect(context, options);
  const model = await sendModelFile(connection.api, path, queryOf(options));
  if (options.json === true) terminal.out(`${JSON.stringify(model)}\n`);
  else {
    terminal.out(`${model.id}\n`);
    for (const warning of model.warnings) terminal.err(`${plain(warning)}\n`);
  }
  return "ok";
}

export interface ExportOptions extends Everywhere {
  readonly run?: string;
  readonly checkpoint?: string;
  readonly function?: "network" | "linearised";
  readonly graph?: "original" | "clean";
  readonly out?: string;
}

async function latestCheckpoint(api: Api, run: string): Promise<string> {
  const [latest] = (await api.checkpoints(run, { limit: 1 })).data;
  if (latest === undefined) throw usage(`Run ${run} has no checkpoint yet`);
  return latest.id;
}

async function fileFor(
  api: Api,
  id: string | undefined,
  { run, checkpoint, function: which, graph }: ExportOptions,
): Promise<ModelFile> {
  const query = { ...(graph === undefined ? {} : { graph }) };
  if (run === undefined) {
    if (id === undefined) throw usage("Give the id of a model, or --run with the id of a run");
    if (which !== undefined || checkpoint !== undefined) {
      throw usage("--function and --checkpoint belong to a run: give --run");
    }
    return api.modelFile(id, query);
  }
  if (id !== undefined) throw usage("Give either the id of a model or --run");
  const at = checkpoint ?? (await latestCheckpoint(api, run));
  const asked = { ...query, ...(which === undefined ? {} : { function: which }) };
  return api.checkpointFile(run, at, asked);
}

export async function exportModel(
  context: Context,
  id: string | undefined,
  options: ExportOptions,
): Promise<Ending> {
  await using connection = connect(context, options);
  const { content, format } = await fileFor(connection.api, id, options);
  const path = options.out ?? `${options.run ?? id}.${format}`;
  const file = createWriteStream(path, { flags: options.out === undefined ? "wx" : "w" });
  await pipeline(Readable.fromWeb(content as never), file).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "It is there already: give --out." : error.message;
    throw usage(`Cannot write ${path}`, why);
  });
  const { terminal } = context;
  const said = options.json === true ? JSON.stringify({ path, format }) : path;
  terminal.out(`${said}\n`);
  return "ok";
}
