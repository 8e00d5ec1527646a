/** The grammar: every command with its arguments and flags. What they do is in commands/. */
import { Command, Option } from "commander";
import { runStatuses } from "#schemas/run.ts";
import type { Building, Finish } from "./building.ts";
import { act, type SteerOptions, steer } from "./commands/acts.ts";
import { type DemoOptions, demo } from "./commands/demo.ts";
import { type DevicesOptions, devices } from "./commands/devices.ts";
import {
  datasets,
  type EventsOptions,
  events,
  type ListOptions,
  models,
  runs,
  snapshots,
  sweeps,
} from "./commands/lists.ts";
import type { MigrateOptions } from "./commands/migrate.ts";
import { type PlanOptions, plan } from "./commands/plan.ts";
import type { ServeOptions } from "./commands/serve.ts";
import { type TrainOptions, train } from "./commands/train.ts";
import { watch } from "./commands/watch.ts";
import type { Context, Everywhere } from "./context.ts";
import { exitCodes } from "./exit.ts";
import { addKeys } from "./key-commands.ts";
import { addModelFiles } from "./model-commands.ts";
import { addStudies } from "./study-commands.ts";
import { batch, period, positive, whole } from "./values.ts";

const codes = [
  `Exit codes: ${exitCodes.ok} ok`,
  `${exitCodes.failed} a run failed or was cancelled`,
  `${exitCodes.usage} wrong usage, file or request`,
  `${exitCodes.unreachable} no service answers`,
  `${exitCodes.interrupted} Ctrl-C.`,
].join(" · ");

/** The program. Each action calls `finish` with how it ended, and throws CommandError otherwise. */
export function createProgram(context: Context, finish: Finish): Command {
  const program = new Command("linnet")
    .description(
      "Trains networks, ordinarily or by iterative linearisation, and shows their kernels.",
    )
    .option("--url <url>", "service to talk to (default: LINNET_URL, else this machine's)")
    .option("--json", "JSON lines on standard output and nothing else", false)
    .addHelpText("after", `\n${codes}`)
    .configureHelp({ showGlobalOptions: true });
  const building = { program, context, finish };
  addTraining(building);
  addStudies(building);
  addWatching(building);
  addLists(building);
  addActs(building);
  addService(building);
  addKeys(building);
  for (const command of program.commands) command.configureHelp({ showGlobalOptions: true });
  return program;
}

function addTraining({ program, context, finish }: Building): void {
  program
    .command("train")
    .description("train what FILE describes: model, data set and run in one JSON file")
    .argument("<file>", "JSON file; see docs/cli.md")
    .option("--period <steps|never>", "linearise every so many steps, or once", period)
    .option("--standard", "train ordinarily, whatever the file says")
    .option("--steps <n>", "steps of the run", whole(1))
    .option("--rate <rate>", "learning rate", positive)
    .option("--batch <n|full>", "examples in a batch", batch)
    .option("--seed <n>", "seed of weights and batches", whole(0))
    .option("--dtype <dtype>", "float32 or float64")
    .option("--engine <engine>", "auto, onnxruntime, tfjs or reference")
    .option("--device <device>", "auto, cpu, cuda or webgpu")
    .option("--name <name>", "name of the run")
    .option("--data <dir>", "folder of the service started here (default: a temporary one)")
    .option("--detach", "with --url: print the run's id and do not watch it")
    .action(async (file: string, _: unknown, command: Command) =>
      finish(await train(context, file, command.optsWithGlobals<TrainOptions>())),
    );
  program
    .command("plan")
    .description("what the run that FILE describes would take, before it starts")
    .argument("<file>", "JSON file, as for train")
    .option("--period <steps|never>", "linearise every so many steps, or once", period)
    .option("--standard", "train ordinarily, whatever the file says")
    .option("--steps <n>", "steps of the run", whole(1))
    .option("--rate <rate>", "learning rate", positive)
    .option("--batch <n|full>", "examples in a batch", batch)
    .option("--data <dir>", "folder of the service started here (default: a temporary one)")
    .action(async (file: string, _: unknown, command: Command) =>
      finish(await plan(context, file, command.optsWithGlobals<PlanOptions>())),
    );
  program
    .command("demo")
    .description("train the wedge problem for K = 1, 64, 500 and never, side by side")
    .option("--quick", "fewer steps, for a first look")
    .option("--keep", "keep the service up afterwards, until Ctrl-C")
    .option("--data <dir>", "folder of the service (default: a temporary one)")
    .action(async (_: unknown, command: Command) =>
      finish(await demo(context, command.optsWithGlobals<DemoOptions>())),
    );
}

function addWatching({ program, context, finish }: Building): void {
  program
    .command("watch")
    .description("show runs until they have ended")
    .argument("<run...>", "ids of runs")
    .action(async (ids: string[], _: unknown, command: Command) =>
      finish(await watch(context, ids, command.optsWithGlobals<Everywhere>())),
    );
  program
    .command("events")
    .description("print the event log of a run")
    .argument("<run>", "id of a run")
    .option("--after <seq>", "only events after this one", whole(0))
    .option("--follow", "go on until the run has ended")
    .action(async (run: string, _: unknown, command: Command) =>
      finish(await events(context, run, command.optsWithGlobals<EventsOptions>())),
    );
}

function addLists({ program, context, finish }: Building): void {
  const list = (name: string, description: string): Command =>
    program
      .command(name)
      .description(description)
      .option("--limit <n>", "at most so many, newest first (default: 50)", whole(1));
  list("runs", "list runs")
    .addOption(new Option("--status <status>", "only these").choices([...runStatuses]))
    .action(async (_: unknown, command: Command) =>
      finish(await runs(context, command.optsWithGlobals<ListOptions>())),
    );
  list("sweeps", "list sweeps").action(async (_: unknown, command: Command) =>
    finish(await sweeps(context, command.optsWithGlobals<ListOptions>())),
  );
  const listed = list("models", "list models").action(async (_: unknown, command: Command) =>
    finish(await models(context, command.optsWithGlobals<ListOptions>())),
  );
  addModelFiles(listed, { program, context, finish });
  list("datasets", "list data sets").action(async (_: unknown, command: Command) =>
    finish(await datasets(context, command.optsWithGlobals<ListOptions>())),
  );
  list("snapshots", "list the kernel snapshots of a run")
    .argument("<run>", "id of a run")
    .action(async (run: string, _: unknown, command: Command) =>
      finish(await snapshots(context, run, command.optsWithGlobals<ListOptions>())),
    );
  program
    .command("devices")
    .description("list the engines and devices of the service, each tried")
    .option("--refresh", "try them again instead of an answer of the last minutes")
    .action(async (_: unknown, command: Command) =>
      finish(await devices(context, command.optsWithGlobals<DevicesOptions>())),
    );
}

const actions = {
  cancel: "save a checkpoint and end a run for good; a sweep with all its runs",
  pause: "save a checkpoint and end the trainer; resume goes on",
  resume: "go on with a paused run or sweep",
} as const;

function addActs({ program, context, finish }: Building): void {
  for (const action of ["cancel", "pause", "resume"] as const) {
    program
      .command(action)
      .description(actions[action])
      .argument("<run|sweep>", "id of a run, or of a sweep")
      .action(async (run: string, _: unknown, command: Command) =>
        finish(await act(context, { run, action }, command.optsWithGlobals<Everywhere>())),
      );
  }
  program
    .command("steer")
    .description("change a run while it trains")
    .argument("<run>", "id of a run")
    .option("--rate <rate>", "learning rate", positive)
    .option("--period <steps|never>", "linearise every so many steps, or no more", period)
    .option("--relinearise", "linearise again, now")
    .option("--evaluate-every <steps>", "steps between evaluations", whole(1))
    .option("--snapshots-every <steps>", "steps between kernel snapshots", whole(1))
    .action(async (run: string, _: unknown, command: Command) =>
      finish(await steer(context, run, command.optsWithGlobals<SteerOptions>())),
    );
}

function addService({ program, context, finish }: Building): void {
  program
    .command("doctor")
    .description("look this machine over: what is at fault, and what mends it")
    .action(async (_: unknown, command: Command) => {
      const { doctor } = await import("./commands/doctor.ts");
      finish(await doctor(context, command.optsWithGlobals<Everywhere>()));
    });
  program
    .command("serve")
    .description("start the service here; npm start does the same")
    .option("--host <host>", "address to listen on (default: LINNET_HOST, else 127.0.0.1)")
    .option("--port <port>", "port; 0 picks a free one (default: LINNET_PORT, else 8080)", whole(0))
    .option("--data <dir>", "data folder (default: LINNET_DATA_DIR, else ./data)")
    .action(async (options: ServeOptions) => {
      const { serve } = await import("./commands/serve.ts");
      finish(await serve(context, options));
    });
  program
    .command("migrate")
    .description("move a data folder to a cluster's database and bucket, and compare both")
    .requiredOption("--from <dir>", "data folder that no service has open")
    .requiredOption("--to <where>", "postgres://… or another data folder; empty, unless --resume")
    .option("--artifacts <address>", "s3://…, needed with a database")
    .option("--resume", "go on with a migration that was interrupted")
    .action(async (_: unknown, command: Command) => {
      const { migrate } = await import("./commands/migrate.ts");
      finish(await migrate(context, command.optsWithGlobals<MigrateOptions>()));
    });
}
