/** The grammar of `linnet keys`. What the commands do is in commands/keys.ts. */
import type { Command } from "commander";
import type { Building } from "./building.ts";
import {
  createKeys,
  deleteKeys,
  type KeysOptions,
  listKeys,
  type NewKeyOptions,
  rotateKeys,
} from "./commands/keys.ts";
import { scopeList, seconds } from "./values.ts";

const dayText = "1d";

/** `keys create | list | rotate | delete`. */
export function addKeys({ program, context, finish }: Building): void {
  const keys = program.command("keys").description("make, list, rotate and end keys");
  const command = (name: string, description: string): Command =>
    keys
      .command(name)
      .description(description)
      .configureHelp({ showGlobalOptions: true })
      .option("--data <dir>", "data folder (default, without --url: LINNET_DATA_DIR, else ./data)");
  command("create", "make a key and print it, this once")
    .requiredOption("--name <name>", "what it is for")
    .requiredOption("--scopes <scopes>", "such as runs:read,models:* or admin", scopeList)
    .option("--tenant <tenant>", "whose resources it is for (default: default)")
    .option("--expires <time>", "such as 90d, 12h or 30m", seconds)
    .action(async (_: unknown, made: Command) =>
      finish(await createKeys(context, made.optsWithGlobals<NewKeyOptions>())),
    );
  command("list", "list keys, without their secrets").action(async (_: unknown, made: Command) =>
    finish(await listKeys(context, made.optsWithGlobals<KeysOptions>())),
  );
  command("rotate", "make a key like an old one, which then expires")
    .argument("<key>", "id of the old key")
    .option("--overlap <time>", "how long the old key still works", seconds, seconds(dayText))
    .action(async (id: string, _: unknown, made: Command) =>
      finish(
        await rotateKeys(context, id, made.optsWithGlobals<KeysOptions & { overlap: number }>()),
      ),
    );
  command("delete", "end a key at once")
    .argument("<key>", "id of the key")
    .action(async (id: string, _: unknown, made: Command) =>
      finish(await deleteKeys(context, id, made.optsWithGlobals<KeysOptions>())),
    );
}
