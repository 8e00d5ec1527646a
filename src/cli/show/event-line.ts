/** One event of the log as one line for people. */
import type { EventData, EventKind, RunEvent } from "#schemas/event.ts";
import { showBytes, showNumber, showShare } from "./numbers.ts";
import { plain } from "./paint.ts";

type Describe = { readonly [K in EventKind]: (data: EventData<K>) => string };

const describe: Describe = {
  status: ({ status, reason, error }) =>
    [status, reason, error === undefined ? undefined : `${error.code}: ${error.message}`]
      .filter((part) => part !== undefined)
      .join("  "),
  metrics: ({ from, to, columns }) => {
    const last = Object.entries(columns).map(([name, values]) => {
      const value = values.at(-1);
      return `${name} ${name === "accuracy" ? showShare(value) : showNumber(value)}`;
    });
    return [`steps ${from}–${to}`, ...last].join("  ");
  },
  evaluation: ({ step, linearised, network }) =>
    `step ${step}  test accuracy f_lin ${showShare(linearised.test.accuracy)} ` +
    `network ${showShare(network.test.accuracy)}  ` +
    `loss ${showNumber(linearised.test.loss)} ${showNumber(network.test.loss)}`,
  anchor: ({ step, index, linearisation_gap: gap, loss_before: before, loss_after: after }) =>
    `step ${step}  linearisation ${index + 1}  gap ${showNumber(gap)}  ` +
    `loss ${showNumber(before)} → ${showNumber(after)}`,
  snapshot: ({ step, kernel, trace, effective_rank: rank, distance_to_first: distance }) =>
    `step ${step}  ${kernel} kernel  trace ${showNumber(trace)}  ` +
    `effective rank ${showNumber(rank)}  distance to first ${showNumber(distance)}`,
  checkpoint: ({ step, id, bytes, final }) =>
    `step ${step}  ${id}  ${showBytes(bytes)}${final ? "  final" : ""}`,
  steered: ({ step, changes }) => `from step ${step}  ${JSON.stringify(changes)}`,
  log: ({ step, level, message }) => `step ${step}  ${level}  ${message}`,
};

/** `seq  time  kind  what happened`. */
export function eventLine(event: RunEvent): string {
  // The table has a row for each kind; the compiler cannot pair a union's kind with its data.
  const said = (describe[event.type] as (data: RunEvent["data"]) => string)(event.data);
  const time = event.time.slice(11, 23);
  return `${String(event.seq).padStart(5)}  ${time}  ${event.type.padEnd(10)}  ${plain(said)}`;
}
