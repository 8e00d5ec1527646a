/** The grammar of `linnet models add` and `export`. What they do is in commands/model-files.ts. */
import { type Command, Option } from "commander";
import type { Building } from "./building.ts";
import {
  type AddOptions,
  addModel,
  type ExportOptions,
  exportModel,
} from "./commands/model-files.ts";
import { lengths } from "./values.ts";

/** Subcommands of `models`, which by itself lists them. */
export function addModelFiles(models: Command, { context, finish }: Building): void {
  models
    .command("add")
    .description("make a model of a file: .onnx, or .json of a definition or of Keras")
    .configureHelp({ showGlobalOptions: true })
    .argument("<file>", "for Keras, model.json beside its files of weights")
    .option("--name <name>", "name of the model")
    .option("--input <name>", "ONNX: the input that carries the data")
    .option("--output <name>", "ONNX: the output that is trained")
    .option("--include <pattern...>", "ONNX: tensors to train although they look like constants")
    .option("--exclude <pattern...>", "ONNX: tensors or layers that stay as they are")
    .option("--freeze <pattern...>", "ONNX: parameters that stay as they are")
    .option("--fixed <name:number...>", "ONNX: a number that fills a further input")
    .option("--input-shape <lengths>", "of an example, such as 3,224,224", lengths)
    .option("--channels-last", "ONNX: the data have their channels last, the file first")
    .addOption(
      new Option("--statistics <which>", "Keras: of batch norm").choices(["frozen", "batch"]),
    )
    .addOption(new Option("--dropout <what>", "Keras").choices(["keep", "remove"]))
    .addOption(new Option("--final-softmax <what>", "Keras").choices(["keep", "remove"]))
    .action(async (file: string, _: unknown, command: Command) =>
      finish(await addModel(context, file, command.optsWithGlobals<AddOptions>())),
    );
  models
    .command("export")
    .description("write a model, or a run's latest weights in it, as an ONNX file")
    .configureHelp({ showGlobalOptions: true })
    .argument("[model]", "id of a model")
    .option("--run <run>", "id of a run, instead of a model")
    .option("--checkpoint <checkpoint>", "of the run (default: the latest)")
    .addOption(new Option("--function <which>", "of the run").choices(["network", "linearised"]))
    .addOption(
      new Option("--graph <which>", "the file it came from, or a new one").choices([
        "original",
        "clean",
      ]),
    )
    .option("--out <file>", "where to (default: the id and .onnx, here)")
    .action(async (id: string | undefined, _: unknown, command: Command) =>
      finish(await exportModel(context, id, command.optsWithGlobals<ExportOptions>())),
    );
}
