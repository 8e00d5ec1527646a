/** `linnet demo`: one problem, one network, four periods side by side, and what came of it. */

import type { Api } from "#cli/api.ts";
import { type Connection, connectOrEmbed } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { conclusions, type Finding } from "#cli/demo/findings.ts";
import {
  type DemoPeriod,
  type DemoSize,
  periods,
  quickSize,
  usualSize,
  wedgeFile,
  wedgeModel,
  wedgeRun,
} from "#cli/demo/wedge.ts";
import { CommandError, type Ending } from "#cli/exit.ts";
import { showNumber, showSeconds, showShare } from "#cli/show/numbers.ts";
import { paintFor, wrapped } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";
import type { Run } from "#schemas/run.ts";
import { type Figure, fromFigure } from "#schemas/values.ts";
import { watchRuns } from "./watch.ts";

export interface DemoOptions extends Everywhere {
  readonly quick?: boolean;
  readonly keep?: boolean;
  readonly data?: string;
}

/** All four at once, one thread each: the network is too small to gain from more threads. */
const embedding = { trainersMax: periods.length, threadsPerTrainer: 1 };

export async function demo(context: Context, options: DemoOptions): Promise<Ending> {
  const { terminal, interrupt } = context;
  const size = options.quick === true ? quickSize : usualSize;
  const say = (text: string): void => {
    if (options.json !== true) terminal.out(text);
  };
  const startedMs = terminal.now();
  await using connection = await connectOrEmbed(context, { ...options, ...embedding });
  say(introduction(connection, size));
  const runs = await startRuns(connection.api, size);
  const labels = periods.map((period) => `K=${period}`);
  const ending = await watchRuns(context, { connection, runs, options, labels });
  if (ending !== "ok") return ending;
  const findings = await Promise.all(
    runs.map((run, i) => findingOf(connection.api, run.id, periods[i] as DemoPeriod)),
  );
  say(report(context, findings));
  say(`\nThe whole demo took ${showSeconds((terminal.now() - startedMs) / 1000)}.\n`);
  say(whereNext(connection, options));
  if (options.keep === true && connection.embedded && !interrupt.aborted) {
    await new Promise((resolve) => interrupt.addEventListener("abort", resolve, { once: true }));
  }
  return "ok";
}

function introduction({ url, embedded }: Connection, { steps }: DemoSize): string {
  return (
    `Linnet ${embedded ? "started" : "found"} at ${url}\n\n` +
    "Wedge: 20 inputs, 4 classes, 1000 training and 2000 test examples, no linear information.\n" +
    "Network 20-64-4, ReLU, He start; softmax cross-entropy, SGD 0.1, batches of 64, " +
    `${steps} steps.\n` +
    "K is the number of steps between linearisations; weights and batches are the same for all.\n\n"
  );
}

async function startRuns(api: Api, size: DemoSize): Promise<readonly Run[]> {
  const [model, dataset] = await Promise.all([
    api.createModel({ name: "20-64-4", definition: wedgeModel }),
    api.uploadDataset({ name: "wedge", format: "npz", content: wedgeFile() }),
  ]);
  const runs: Run[] = [];
  for (const period of periods) {
    runs.push(
      await api.createRun(wedgeRun(period, size, { model: model.id, dataset: dataset.id })),
    );
  }
  return runs;
}

async function findingOf(api: Api, id: string, period: DemoPeriod): Promise<Finding> {
  const [run, snapshots] = await Promise.all([api.run(id), api.snapshots(id, { limit: 200 })]);
  if (run.result === null || run.started_at === null || run.finished_at === null) {
    throw new CommandError("failed", `Run ${id} has ended without a result`);
  }
  const share = (figure: Figure | null): number =>
    figure === null ? Number.NaN : fromFigure(figure);
  const last = snapshots.data.reduce<(typeof snapshots.data)[number] | null>(
    (latest, snapshot) => (latest === null || snapshot.step > latest.step ? snapshot : latest),
    null,
  );
  const { linearised, network } = run.result;
  return {
    period,
    linearisations: run.progress.linearisations ?? Number.NaN,
    accuracyLinearised: share(linearised.test.accuracy),
    accuracyNetwork: share(network.test.accuracy),
    trainAccuracyLinearised: share(linearised.train.accuracy),
    kernelDistance: last === null ? null : fromFigure(last.distance_to_first),
    seconds: (Date.parse(run.finished_at) - Date.parse(run.started_at)) / 1000,
  };
}

const legend =
  "f_lin is the linear model that was trained, network the network at the same weights; both " +
  "after the last step, one seed. Kernel moved: 1 − cosine between the network's first and last " +
  "trace kernel on 128 test examples (K=never trains in the first one throughout). Seconds: " +
  "wall time of runs that shared this machine.";

const columns = [
  "K",
  "linearisations",
  "test f_lin",
  "test network",
  "train f_lin",
  "kernel moved",
  "seconds",
].map((title) => ({ title, align: "right" as const }));

function report({ terminal }: Context, findings: readonly Finding[]): string {
  const paint = paintFor(terminal.colour);
  const rows = findings.map((finding) => [
    String(finding.period),
    String(finding.linearisations),
    showShare(finding.accuracyLinearised),
    showShare(finding.accuracyNetwork),
    showShare(finding.trainAccuracyLinearised),
    showNumber(finding.kernelDistance),
    finding.seconds.toFixed(1),
  ]);
  return (
    `\n${table(columns, rows, paint)}\n` +
    `${wrapped(legend)}\n\n` +
    `${conclusions(findings).map(wrapped).join("\n")}\n`
  );
}

function whereNext({ url, embedded }: Connection, { keep, data }: DemoOptions): string {
  const page = `  ${url}/      the runs, live\n  ${url}/docs  the API\n`;
  const files =
    "  docs/concepts.md    what was trained, and which function is evaluated\n" +
    "  docs/cli.md         npm run linnet -- train examples/wedge.json --period 16\n" +
    "  docs/api.md         the same by HTTP and WebSocket\n";
  if (embedded && keep !== true) {
    const again =
      data === undefined ? "nothing was kept; --keep leaves the page up" : `kept in ${data}`;
    return `\nWhere to look next (${again}):\n${files}`;
  }
  const end = embedded ? "\nThe service stays up until Ctrl-C.\n" : "";
  return `\nWhere to look next:\n${page}${files}${end}`;
}
