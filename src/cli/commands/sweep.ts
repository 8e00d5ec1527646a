/** `linnet sweep FILE`: a sweep from one file, shown while it runs, its results as a table or file. */
import { writeFile } from "node:fs/promises";
import { type Connection, connect, connectOrEmbed, type Embedding } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { CommandError, type Ending, usage } from "#cli/exit.ts";
import { paintFor } from "#cli/show/paint.ts";
import { cellsTable, groupsTable, sweepSentences } from "#cli/show/sweep-table.ts";
import { type SweepView, sweepView } from "#cli/show/sweep-view.ts";
import { overriddenSweep, readSweepFile, type SweepOverrides } from "#cli/sweep-file.ts";
import type { SweepFrame } from "#schemas/stream.ts";
import type { Sweep, SweepRequest, SweepResults } from "#schemas/sweep.ts";
import { datasetId, modelId } from "./train.ts";

export const sweepFormats = ["table", "csv", "json"] as const;
export const sweepTables = ["groups", "cells"] as const;

export interface SweepOptions extends Everywhere, Embedding, SweepOverrides {
  readonly detach?: boolean;
  readonly format?: (typeof sweepFormats)[number];
  readonly table?: (typeof sweepTables)[number];
  readonly out?: string;
  readonly delta?: number;
  /** Ctrl-C cancels the sweep, in the place of leaving it. */
  readonly cancel?: boolean;
}

/** Milliseconds between two readings of the table while the sweep goes on. */
const resultsMs = 1000;

export async function sweep(
  context: Context,
  fileOrId: string,
  options: SweepOptions,
): Promise<Ending> {
  const isKnown = /^swp_/.test(fileOrId);
  await using connection =
    isKnown && options.data === undefined
      ? connect(context, options)
      : await connectOrEmbed(context, options);
  if (options.detach === true && connection.embedded) {
    throw usage("--detach needs a service that goes on: give --url");
  }
  const { terminal } = context;
  const id = isKnown ? fileOrId : (await submit(connection, fileOrId, options)).id;
  if (options.detach === true) {
    const shown = options.json === true ? JSON.stringify(await connection.api.sweep(id)) : id;
    terminal.out(`${shown}\n`);
    return "ok";
  }
  if (options.json !== true) terminal.err(`${id}\n`);
  const isEnded = await watchSweep(context, { connection, id, options });
  if (!isEnded) {
    terminal.err(leftWhere(connection, id, options));
    return "interrupted";
  }
  const results = await connection.api.sweep(id, deltaOf(options));
  await giveResults(context, { connection, results, options });
  return context.interrupt.aborted ? "interrupted" : endingOf(results);
}

const deltaOf = ({ delta }: SweepOptions) => (delta === undefined ? {} : { delta });

async function submit({ api }: Connection, path: string, options: SweepOptions): Promise<Sweep> {
  const { model, dataset, base, request } = await readSweepFile(path);
  // A definition stays in the base, so that its fields can vary.
  const ofModel =
    model === undefined
      ? {}
      : { model: model.kind === "definition" ? model.definition : await modelId(api, model) };
  const ofDataset = dataset === undefined ? {} : { dataset: await datasetId(api, dataset) };
  const whole = {
    ...overriddenSweep(request, options),
    base: { ...base, ...ofModel, ...ofDataset },
  };
  return api.createSweep(whole as unknown as SweepRequest);
}

interface Watched {
  readonly connection: Connection;
  readonly id: string;
  readonly options: SweepOptions;
}

/** Shows the sweep to its end. False when Ctrl-C ended the watching and the sweep was left. */
async function watchSweep(context: Context, watched: Watched): Promise<boolean> {
  const { terminal, interrupt } = context;
  const { connection, id, options } = watched;
  const view = sweepView(terminal, options.json === true);
  const patience = new AbortController();
  const cancels = options.cancel === true || (connection.embedded && options.data === undefined);
  const onInterrupt = (): void => {
    if (!cancels) return patience.abort();
    terminal.err("Cancelling; Ctrl-C again ends at once.\n");
    // A sweep that has just ended cannot be cancelled, and need not be.
    connection.api.actOnSweep(id, "cancel").catch(() => {});
  };
  interrupt.addEventListener("abort", onInterrupt, { once: true });
  try {
    if (interrupt.aborted) onInterrupt();
    await showAll(context, { ...watched, view, signal: patience.signal });
  } finally {
    interrupt.removeEventListener("abort", onInterrupt);
    view.close();
  }
  return !patience.signal.aborted;
}

interface Showing extends Watched {
  readonly view: SweepView;
  readonly signal: AbortSignal;
}

async function showAll({ terminal }: Context, showing: Showing): Promise<void> {
  const { connection, id, view, signal, options } = showing;
  let results: SweepResults | undefined;
  let readMs = Number.NEGATIVE_INFINITY;
  for await (const news of connection.api.followSweep(id, { signal })) {
    if (news.frame !== "sweep") continue;
    const frame: SweepFrame = news;
    if (view.wantsResults && terminal.now() - readMs >= resultsMs) {
      results = await connection.api.sweep(id, deltaOf(options));
      readMs = terminal.now();
    }
    view.show(frame, results);
  }
}

function leftWhere({ embedded }: Connection, id: string, { data }: SweepOptions): string {
  return embedded
    ? `Stopped; the sweep goes on where it was: linnet sweep ${id} --data ${data}\n`
    : `Stopped watching; the sweep goes on: linnet sweep ${id}\n`;
}

interface Given {
  readonly connection: Connection;
  readonly results: SweepResults;
  readonly options: SweepOptions;
}

async function textOf({ terminal }: Context, given: Given): Promise<string> {
  const { connection, results, options } = given;
  const { format = "table", table = "groups" } = options;
  if (format === "json") return `${JSON.stringify(results, null, 2)}\n`;
  if (format === "csv") return connection.api.sweepCsv(results.id, { table });
  const paint = paintFor(options.out === undefined && terminal.colour);
  const body = table === "cells" ? cellsTable(results, paint) : groupsTable(results, paint);
  const sentences = sweepSentences(results).map((sentence) => `${sentence}\n`);
  return body + (sentences.length === 0 ? "" : `\n${sentences.join("")}`);
}

/** On the output, or in a file; with --json one line, unless a file is asked for. */
async function giveResults(context: Context, given: Given): Promise<void> {
  const { terminal } = context;
  const { results, options } = given;
  if (options.json === true) terminal.out(`${JSON.stringify(results)}\n`);
  if (options.out === undefined) {
    if (options.json !== true) terminal.out(await textOf(context, given));
    return;
  }
  await writeFile(options.out, await textOf(context, given)).catch((error: Error) => {
    throw new CommandError("usage", `Cannot write ${options.out}`, { message: error.message });
  });
  terminal.err(`${options.out}\n`);
}

/** A cell that diverged is a result; one that failed otherwise, or was cancelled, is none. */
function endingOf({ status, rows }: SweepResults): Ending {
  const isGood = rows.every(({ status: of, error }) => of === "succeeded" || error === "diverged");
  return status === "completed" && isGood ? "ok" : "failed";
}
