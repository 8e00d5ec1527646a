/** The grammar of `linnet sweep`, `compare` and `ntk`. What they do is in commands/. */
import { type Command, Option } from "commander";
import type { Building } from "./building.ts";
import { type CompareOptions, compare } from "./commands/compare.ts";
import { type NtkOptions, ntk } from "./commands/ntk.ts";
import { type SweepOptions, sweep, sweepFormats, sweepTables } from "./commands/sweep.ts";
import { numbers, positive, whole } from "./values.ts";

export function addStudies(building: Building): void {
  addSweep(building);
  addCompare(building);
  addNtk(building);
}

function addSweep({ program, context, finish }: Building): void {
  program
    .command("sweep")
    .description("a run for every cell of the grid or list that FILE describes, and their table")
    .argument("<file|sweep>", "JSON file, see docs/cli.md; or the id of a sweep to go on watching")
    .option("--seeds <n>", "seeds of each cell", whole(1))
    .option("--parallel <n>", "runs of the sweep at the same time", whole(1))
    .option("--name <name>", "name of the sweep")
    .addOption(new Option("--format <format>", "of the results").choices([...sweepFormats]))
    .addOption(
      new Option("--table <lines>", "a line for each group of seeds, or each cell").choices([
        ...sweepTables,
      ]),
    )
    .option("--out <file>", "write the results there")
    .option("--delta <number>", "what counts as the same as K=1 (default: 0.02)", positive)
    .option("--cancel", "Ctrl-C cancels the sweep instead of leaving it")
    .option("--detach", "with --url: print the sweep's id and do not watch it")
    .option("--data <dir>", "folder of the service started here (default: a temporary one)")
    .action(async (file: string, _: unknown, command: Command) =>
      finish(await sweep(context, file, command.optsWithGlobals<SweepOptions>())),
    );
}

function addCompare({ program, context, finish }: Building): void {
  program
    .command("compare")
    .description("what runs differ in, how each did, how far apart their kernels and weights are")
    .argument("<run...>", "ids of two to ten runs; distances are to the first")
    .option("--no-distances", "do not read kernels and weights, which takes a moment")
    .action(async (runs: string[], _: unknown, command: Command) =>
      finish(await compare(context, runs, command.optsWithGlobals<CompareOptions>())),
    );
}

const splits = ["train", "test"];

function addNtk({ program, context, finish }: Building): void {
  program
    .command("ntk")
    .description("one kernel of a model, or of a run's weights, on chosen examples")
    .argument("<model|run>", "id, or the path of a .json or .onnx file")
    .option("--dataset <data>", "id, file, or generator such as wedge; a run has its own")
    .addOption(new Option("--split <split>", "of the data set").choices(splits))
    .option("--examples <n>", "the first so many (default: 64)", whole(1))
    .option("--indices <list>", "these, such as 0,5,9", numbers)
    .option("--inputs <file>", "JSON file of given examples, in the place of a data set")
    .option("--second <data>", "the kernel between the two sets: data set of the second")
    .addOption(new Option("--second-split <split>", "of the second").choices(splits))
    .addOption(
      new Option("--kernel <variant>", "default: full").choices([
        "full",
        "trace",
        "pseudo",
        "diagonal",
      ]),
    )
    .addOption(new Option("--method <how>", "of computing").choices(["structured", "explicit"]))
    .addOption(new Option("--dtype <dtype>", "of the kernel").choices(["float32", "float64"]))
    .option("--eigenvalues <n>", "how many (default: 20)", whole(0))
    .option("--seed <n>", "of a model's initial weights", whole(0))
    .option("--checkpoint <checkpoint>", "of a run (default: the latest)")
    .option("--name <name>", "name of the kernel")
    .option("--out <file>", "write the matrix: .npy, .safetensors or .png")
    .option("--data <dir>", "folder of the service started here (default: a temporary one)")
    .action(async (of: string, _: unknown, command: Command) =>
      finish(await ntk(context, of, command.optsWithGlobals<NtkOptions>())),
    );
}
