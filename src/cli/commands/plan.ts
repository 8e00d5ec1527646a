/** `linnet plan FILE`: what the run of a train file would take. Submits nothing. */
import { connectOrEmbed, type Embedding } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { showNumber, showSeconds } from "#cli/show/numbers.ts";
import { paintFor, plain } from "#cli/show/paint.ts";
import { table } from "#cli/show/table.ts";
import type { Terminal } from "#cli/terminal.ts";
import { type Overrides, overridden, readTrainFile } from "#cli/train-file.ts";
import type { PlanAnswer } from "#schemas/plan.ts";
import type { RunRequest } from "#schemas/run.ts";
import { datasetId, modelId } from "./train.ts";

export interface PlanOptions extends Everywhere, Embedding, Overrides {}

export async function plan(context: Context, path: string, options: PlanOptions): Promise<Ending> {
  const file = await readTrainFile(path);
  await using connection = await connectOrEmbed(context, options);
  const { api } = connection;
  const model = await modelId(api, file.model);
  const dataset = await datasetId(api, file.dataset);
  const fields = overridden(file.run, options);
  // The service checks the fields, as for a run.
  const answer = await api.planRun({ ...fields, model, dataset } as unknown as RunRequest);
  context.terminal.out(
    options.json === true ? `${JSON.stringify(answer)}\n` : planText(answer, context.terminal),
  );
  return "ok";
}

const megabytes = (bytes: number): string => `${Math.ceil(bytes / 1e6)} MB`;
const flops = (value: number): string => `${value.toExponential(1)} FLOP`;

/** The plan in a few lines, and a table of the other ways. */
function planText(answer: PlanAnswer, terminal: Terminal): string {
  const { plan: chosen, parameters, linearisations, stable_learning_rate: stable } = answer;
  const paint = paintFor(terminal.colour);
  const lines = [
    `${paint("green", chosen.solver)}  ${plain(chosen.reason)}`,
    `  ${parameters} parameters, ${linearisations} linearisations, on ${chosen.engine}/${chosen.device}`,
    ...(stable === null
      ? []
      : [`  stable in linear phases up to a learning rate of ${showNumber(stable)}`]),
    ...(answer.warning === null ? [] : [`  ${paint("yellow", plain(answer.warning))}`]),
  ];
  const rows = [chosen, ...chosen.alternatives].map((way) => [
    plain(way.solver),
    way.seconds === undefined ? "" : showSeconds(way.seconds),
    flops(way.flops),
    megabytes(way.memory_bytes),
  ]);
  const columns = [
    { title: "solver" },
    ...["time", "work", "memory"].map((title) => ({ title, align: "right" as const })),
  ];
  return `${lines.join("\n")}\n\n${table(columns, rows, paint)}`;
}
