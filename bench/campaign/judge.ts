/**
 * The verdict on a campaign that disturbed training: every log against the rules, every reader
 * against the log, every run that succeeded against one that nobody disturbed.
 */
import { isTerminal } from "#runs/change.ts";
import type { RunEvent } from "#schemas/event.ts";
import { checkLog, checkSeen, type Fault, isWornOut } from "./check-log.ts";
import type { KillClient } from "./kill-client.ts";
import { type FigureRow, none } from "./report.ts";
import { compareUndisturbed, type Materials } from "./undisturbed.ts";

export interface Tally {
  readonly runs: number;
  readonly events: number;
  /** By all readers together. */
  readonly seen: number;
  readonly compared: number;
  readonly cancelled: number;
  /** Failed, since kills left too many attempts in a row without a step. */
  readonly wornOut: number;
  readonly attempts: number;
}

/** Whether an event is the last of its run. */
export const isOver = (event: RunEvent | undefined): boolean =>
  event?.type === "status" && isTerminal(event.data.status);

/** Adds what is wrong to `faults`. All runs must have ended. */
export async function judge(
  client: KillClient,
  faults: Fault[],
  materials: Materials,
): Promise<Tally> {
  const runs = await client.all();
  const stored = new Set(runs.map(({ id }) => id));
  for (const id of client.runs.keys()) {
    if (!stored.has(id)) faults.push({ run: id, rule: "lost", detail: "answered 202 and gone" });
  }
  // Whoever gives a key up before it was answered may have asked twice.
  const extra = runs.filter(({ id, name }) => !client.runs.has(id) && !client.gaveUp(name));
  for (const { id } of extra) {
    faults.push({ run: id, rule: "lost", detail: "it is there though no 202 named it" });
  }
  const tally = { events: 0, seen: 0, compared: 0, cancelled: 0, wornOut: 0, attempts: 0 };
  for (const run of runs) {
    const log = await client.log(run.id);
    faults.push(...checkLog(run, log));
    for (const seen of client.runs.get(run.id)?.readers ?? []) {
      faults.push(...checkSeen(run.id, seen, log));
      tally.seen += seen.length;
    }
    tally.events += log.length;
    tally.attempts += run.attempt;
    if (run.status === "cancelled") tally.cancelled += 1;
    if (isWornOut(run)) tally.wornOut += 1;
    if (run.status !== "succeeded") continue;
    faults.push(...(await compareUndisturbed(run, log, materials)));
    tally.compared += 1;
  }
  return { runs: runs.length, ...tally };
}

const rules = [
  ["202 lost, or a run twice", ["lost"]],
  ["illegal transitions", ["transition", "end"]],
  ["gaps in a log", ["gap", "metrics"]],
  ["repeats in a log", ["repeat"]],
  ["double owners", ["owner", "orphan"]],
  ["streams that differ from the log", ["stream"]],
  ["runs whose numbers differ from an undisturbed run", ["numbers"]],
] as const satisfies readonly (readonly [string, readonly Fault["rule"][]])[];

/** A row for each thing that must not be. */
export function verdicts(faults: readonly Fault[]): readonly FigureRow[] {
  const count = (of: readonly string[]) => faults.filter(({ rule }) => of.includes(rule)).length;
  return rules.map(([name, of]) => none(name, count(of)));
}

export function findingsOf(faults: readonly Fault[]): readonly string[] {
  return faults.map(({ run, rule, detail }) => `${rule}: ${run} ${detail}`);
}
