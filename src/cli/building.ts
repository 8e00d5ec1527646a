/** What the grammar of each command is built with. */
import type { Command } from "commander";
import type { Context } from "./context.ts";
import type { Ending } from "./exit.ts";

/** What a command's action hands back its ending to. */
export type Finish = (ending: Ending) => void;

export interface Building {
  readonly program: Command;
  readonly context: Context;
  readonly finish: Finish;
}
