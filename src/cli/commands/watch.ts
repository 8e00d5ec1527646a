/** `linnet watch RUN…`, and the watching that `train` and `demo` share: the view, Ctrl-C, the end. */

import { type Connection, connect } from "#cli/connect.ts";
import type { Context, Everywhere } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { followAll } from "#cli/follow.ts";
import { JsonView } from "#cli/show/json.ts";
import { LinesView } from "#cli/show/lines.ts";
import { LiveView } from "#cli/show/live.ts";
import { summary } from "#cli/show/summary.ts";
import type { View } from "#cli/show/view.ts";
import type { Terminal } from "#cli/terminal.ts";
import { Track } from "#cli/track.ts";
import type { Run } from "#schemas/run.ts";

export async function watch(
  context: Context,
  ids: readonly string[],
  options: Everywhere,
): Promise<Ending> {
  await using connection = connect(context, options);
  const runs = await Promise.all(ids.map((id) => connection.api.run(id)));
  const ending = await watchRuns(context, { connection, runs, options });
  if (options.json !== true && !context.interrupt.aborted) {
    for (const { id } of runs) {
      context.terminal.out(summary(await connection.api.run(id), context.terminal));
    }
  }
  return ending;
}

export interface Watching {
  readonly connection: Connection;
  readonly runs: readonly Run[];
  readonly options: Everywhere;
  /** In the place of the runs' own names. */
  readonly labels?: readonly string[];
}

/**
 * Shows `runs` until all have ended. Ctrl-C cancels the runs of an embedded service and waits for
 * their checkpoints; runs of another service go on.
 */
export async function watchRuns(context: Context, watching: Watching): Promise<Ending> {
  const { connection, runs, options, labels } = watching;
  const { terminal, interrupt } = context;
  const tracks = runs.map((run, i) => new Track(run, labels?.[i]));
  const view = viewFor(terminal, options.json === true);
  const patience = new AbortController();
  const cancelAll = (): void => {
    view.note("Cancelling; Ctrl-C again ends at once.");
    for (const track of tracks.filter(({ ended }) => !ended)) {
      // A run that has just ended cannot be cancelled, and need not be.
      connection.api.act(track.id, "cancel").catch(() => {});
    }
  };
  const onInterrupt = connection.embedded ? cancelAll : () => patience.abort();
  interrupt.addEventListener("abort", onInterrupt, { once: true });
  try {
    if (interrupt.aborted) onInterrupt();
    await followAll({ api: connection.api, tracks, view, signal: patience.signal });
  } finally {
    interrupt.removeEventListener("abort", onInterrupt);
  }
  if (interrupt.aborted) {
    for (const { id } of connection.embedded ? [] : tracks.filter(({ ended }) => !ended)) {
      terminal.err(`Stopped watching; the run goes on: linnet watch ${id}\n`);
    }
    return "interrupted";
  }
  return tracks.every(({ status }) => status === "succeeded") ? "ok" : "failed";
}

function viewFor(terminal: Terminal, json: boolean): View {
  if (json) return new JsonView(terminal);
  return terminal.interactive ? new LiveView(terminal) : new LinesView(terminal);
}
