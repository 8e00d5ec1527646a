/** `linnet migrate`: a data folder to the database and the bucket of a cluster. */
import { resolve } from "node:path";
import type { Context, Everywhere } from "#cli/context.ts";
import { CommandError, type Ending, usage } from "#cli/exit.ts";
import { Failure } from "#src/failure.ts";
import type { Migrated, MigrationOptions } from "#src/migration.ts";

export interface MigrateOptions extends Everywhere {
  readonly from: string;
  readonly to: string;
  readonly artifacts?: string;
  readonly resume?: boolean;
}

function told({ tables, moved, uploadsDropped }: Migrated): string {
  const rows = tables.map((each) => `${each.rows} ${each.table}`).join(", ");
  const lost = moved.damaged.map((digest) => `  damaged, and left behind: ${digest}\n`).join("");
  const uploads = uploadsDropped === 0 ? "" : `; ${uploadsDropped} unfinished uploads stay behind`;
  return `Both sides hold the same: ${rows}${uploads}.\n${lost}`;
}

/** Failed when something could not be moved. */
export async function migrate(context: Context, options: MigrateOptions): Promise<Ending> {
  const { terminal, interrupt } = context;
  const isDatabase = /^[a-z]+:\/\//.test(options.to);
  const asked: MigrationOptions = {
    from: resolve(options.from),
    to: isDatabase ? options.to : resolve(options.to),
    artifacts: options.artifacts ?? "",
    resume: options.resume === true,
    signal: interrupt,
    onLine: (text) => {
      if (options.json !== true) terminal.err(`${text}\n`);
    },
  };
  if (asked.from === asked.to) throw usage("--from and --to are the same folder");
  const { migrateData } = await import("#src/migration.ts");
  try {
    const done = await migrateData(asked);
    terminal.out(options.json === true ? `${JSON.stringify(done)}\n` : told(done));
    return done.moved.damaged.length === 0 ? "ok" : "failed";
  } catch (error) {
    if (interrupt.aborted) {
      throw new CommandError("interrupted", "Interrupted; --resume goes on");
    }
    if (!(error instanceof Failure)) throw error;
    const { message, errors } = error;
    throw new CommandError("usage", `Refused (${error.code})`, { message, errors });
  }
}
