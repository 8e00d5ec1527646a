/** The commands that read: runs, models, datasets, snapshots, events. */

import type { Api, Page, PageRequest } from "#cli/api.ts";
import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { eventLine } from "#cli/show/event-line.ts";
import { nothing, showAge, showBytes, showNumber, showShare } from "#cli/show/numbers.ts";
import { paintFor, plain } from "#cli/show/paint.ts";
import { showAlgorithm } from "#cli/show/period.ts";
import { type Column, table } from "#cli/show/table.ts";
import type { RunStatus } from "#schemas/run.ts";

export interface ListOptions extends Everywhere {
  readonly limit?: number;
  readonly status?: RunStatus;
}

/** Rows that one request may bring; more are fetched page by page. */
const pageMax = 200;

interface Listing<T> {
  read(api: Api, page: PageRequest): Promise<Page<T>>;
  readonly columns: readonly Column[];
  row(item: T, now: number): readonly string[];
}

const right = (title: string): Column => ({ title, align: "right" });

async function list<T>(
  context: Context,
  options: ListOptions,
  listing: Listing<T>,
): Promise<Ending> {
  await using connection = connect(context, options);
  const { terminal } = context;
  const wanted = options.limit ?? 50;
  const items: T[] = [];
  let after: string | null = null;
  do {
    const limit = Math.min(pageMax, wanted - items.length);
    const page: Page<T> = await listing.read(connection.api, {
      limit,
      ...(after === null ? {} : { after }),
    });
    items.push(...page.data);
    after = page.has_more && page.data.length > 0 ? page.next_cursor : null;
  } while (after !== null && items.length < wanted);
  if (options.json === true) {
    for (const item of items) terminal.out(`${JSON.stringify(item)}\n`);
  } else if (items.length === 0) {
    terminal.err("None.\n");
  } else {
    const now = terminal.now();
    const rows = items.map((item) => listing.row(item, now));
    terminal.out(table(listing.columns, rows, paintFor(terminal.colour)));
    if (after !== null) terminal.err(`There are more: --limit ${2 * wanted} shows them.\n`);
  }
  return "ok";
}

const named = (name: string | null): string => (name === null ? nothing : plain(name));

export const runs = (context: Context, options: ListOptions): Promise<Ending> =>
  list(context, options, {
    read: (api, page) =>
      api.runs(options.status === undefined ? page : { ...page, status: options.status }),
    columns: [
      { title: "run" },
      { title: "name" },
      { title: "status" },
      { title: "algorithm" },
      right("step"),
      right("test f_lin"),
      right("test network"),
      { title: "created" },
    ],
    row: (run, now) => [
      run.id,
      named(run.name),
      run.error === null ? run.status : `${run.status}: ${run.error.code}`,
      showAlgorithm(run.algorithm),
      `${run.progress.step}/${run.progress.steps}`,
      showShare(run.result?.linearised.test.accuracy),
      showShare(run.result?.network.test.accuracy),
      showAge(run.created_at, now),
    ],
  });

export const sweeps = (context: Context, options: ListOptions): Promise<Ending> =>
  list(context, options, {
    read: (api, page) => api.sweeps(page),
    columns: [
      { title: "sweep" },
      { title: "name" },
      { title: "status" },
      right("cells"),
      right("succeeded"),
      right("failed"),
      { title: "created" },
    ],
    row: ({ id, name, status, total, counts, created_at }, now) => [
      id,
      named(name),
      status,
      String(total),
      String(counts.succeeded),
      String(counts.failed),
      showAge(created_at, now),
    ],
  });

export const models = (context: Context, options: ListOptions): Promise<Ending> =>
  list(context, options, {
    read: (api, page) => api.models(page),
    columns: [
      { title: "model" },
      { title: "name" },
      { title: "source" },
      right("layers"),
      right("parameters"),
      { title: "input → output" },
      { title: "created" },
    ],
    row: (model, now) => [
      model.id,
      named(model.name),
      model.source,
      String(model.layers.length),
      String(model.parameters),
      `${shapes(model.inputs)} → ${shapes(model.outputs)}`,
      showAge(model.created_at, now),
    ],
  });

const shapes = (ports: readonly { readonly shape: readonly number[] }[]): string =>
  ports.map(({ shape }) => `[${shape.join(", ")}]`).join(" ");

export const datasets = (context: Context, options: ListOptions): Promise<Ending> =>
  list(context, options, {
    read: (api, page) => api.datasets(page),
    columns: [
      { title: "data set" },
      { title: "name" },
      { title: "source" },
      { title: "task" },
      right("train"),
      right("test"),
      { title: "input" },
      right("size"),
      { title: "created" },
    ],
    row: (dataset, now) => [
      dataset.id,
      named(dataset.name),
      dataset.generator?.type ?? dataset.source,
      dataset.classes === null ? dataset.task : `${dataset.classes} classes`,
      String(dataset.splits.train.examples),
      String(dataset.splits.test.examples),
      `[${dataset.input_shape.join(", ")}]`,
      showBytes(dataset.bytes),
      showAge(dataset.created_at, now),
    ],
  });

export const snapshots = (context: Context, run: string, options: ListOptions): Promise<Ending> =>
  list(context, options, {
    read: (api, page) => api.snapshots(run, page),
    columns: [
      { title: "snapshot" },
      right("step"),
      { title: "kernel" },
      right("trace"),
      right("effective rank"),
      right("alignment"),
      right("to first"),
      right("to previous"),
      right("λ max"),
      right("stable rate"),
    ],
    row: (snapshot) => [
      snapshot.id,
      String(snapshot.step),
      snapshot.kernel,
      showNumber(snapshot.trace),
      showNumber(snapshot.effective_rank),
      showNumber(snapshot.centred_alignment),
      showNumber(snapshot.distance_to_first),
      showNumber(snapshot.distance_to_previous),
      showNumber(snapshot.lambda_max),
      showNumber(snapshot.stable_learning_rate),
    ],
  });

export interface EventsOptions extends Everywhere {
  readonly after?: number;
  readonly follow?: boolean;
}

/** Prints the log as it is, or goes on with `--follow` until the run has ended. */
export async function events(
  context: Context,
  run: string,
  options: EventsOptions,
): Promise<Ending> {
  await using connection = connect(context, options);
  const { api } = connection;
  const request = { after: options.after ?? 0, signal: context.interrupt };
  const log = options.follow === true ? api.follow(run, request) : api.history(run, request);
  try {
    for await (const event of log) {
      const line = options.json === true ? JSON.stringify({ run, ...event }) : eventLine(event);
      context.terminal.out(`${line}\n`);
    }
  } catch (error) {
    if (!context.interrupt.aborted) throw error;
  }
  return context.interrupt.aborted ? "interrupted" : "ok";
}
