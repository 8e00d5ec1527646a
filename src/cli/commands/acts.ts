/** The commands that change a run: cancel, pause, resume, steer. */

import { connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import { type Ending, usage } from "#cli/exit.ts";
import type { Period } from "#schemas/algorithm.ts";
import type { Run, Steering } from "#schemas/run.ts";
import type { Sweep } from "#schemas/sweep.ts";

function say({ terminal }: Context, run: Run | Sweep, options: Everywhere): Ending {
  const wish = run.wanted === "run" ? "" : `, wanted: ${run.wanted}`;
  terminal.out(
    options.json === true ? `${JSON.stringify(run)}\n` : `${run.id} ${run.status}${wish}\n`,
  );
  return "ok";
}

export async function act(
  context: Context,
  what: { readonly run: string; readonly action: "cancel" | "pause" | "resume" },
  options: Everywhere,
): Promise<Ending> {
  await using connection = connect(context, options);
  const { api } = connection;
  const { run: id, action } = what;
  const isSweep = id.startsWith("swp_");
  return say(context, await (isSweep ? api.actOnSweep(id, action) : api.act(id, action)), options);
}

export interface SteerOptions extends Everywhere {
  readonly rate?: number;
  readonly period?: Period;
  readonly evaluateEvery?: number;
  readonly snapshotsEvery?: number;
  readonly relinearise?: boolean;
}

/** Asks for changes; the event `steered` says at which step they took effect. */
export async function steer(context: Context, run: string, options: SteerOptions): Promise<Ending> {
  const changes: Steering = {
    ...(options.rate === undefined ? {} : { learning_rate: options.rate }),
    ...(options.period === undefined ? {} : { period: options.period }),
    ...(options.evaluateEvery === undefined ? {} : { evaluate_every: options.evaluateEvery }),
    ...(options.snapshotsEvery === undefined ? {} : { snapshots_every: options.snapshotsEvery }),
    ...(options.relinearise === true ? { relinearise: true as const } : {}),
  };
  if (Object.keys(changes).length === 0) {
    throw usage("Nothing to change", "Give --rate, --period, --relinearise or another flag.");
  }
  await using connection = connect(context, options);
  return say(context, await connection.api.steer(run, changes), options);
}
