/**
 * The verdict on a kill loop: every log against the rules, what its readers saw, and the numbers of
 * runs against those that nobody disturbed.
 */
import { failpointNames } from "#src/failpoints.ts";
import { checkLog, checkSeen, type Fault } from "./check-log.ts";
import type { KillClient } from "./kill-client.ts";
import { atLeast, none, type Report, worst } from "./report.ts";
import { compareUndisturbed, type Materials } from "./undisturbed.ts";

export type Means = "server" | "trainer" | "failpoint";

/** What a loop has done and seen, when it is over. */
export interface Loop {
  readonly faults: Fault[];
  readonly kills: Readonly<Record<Means, number>>;
  readonly places: Readonly<Record<string, number>>;
  readonly orphanMsWorst: number;
  readonly restarts: number;
  readonly trainersLost: number;
  readonly client: KillClient;
}

/** Every log against the rules, its readers, and the numbers of an undisturbed run. */
export async function judge(loop: Loop, materials: Materials) {
  const { client, faults } = loop;
  const runs = await client.all();
  const stored = new Set(runs.map(({ id }) => id));
  for (const id of client.runs.keys()) {
    if (!stored.has(id)) faults.push({ run: id, rule: "lost", detail: "answered 202 and gone" });
  }
  const extra = runs.filter(({ id }) => !client.runs.has(id));
  for (const { id } of extra) {
    faults.push({ run: id, rule: "lost", detail: "it is there though no 202 named it" });
  }
  const tally = { events: 0, seen: 0, compared: 0, cancelled: 0, attempts: 0 };
  for (const run of runs) {
    const log = await client.log(run.id);
    const seen = client.runs.get(run.id)?.seen ?? [];
    faults.push(...checkLog(run, log), ...checkSeen(run.id, seen, log));
    tally.events += log.length;
    tally.seen += seen.length;
    tally.attempts += run.attempt;
    if (run.status === "cancelled") tally.cancelled += 1;
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

export function reportOf(
  loop: Loop,
  tally: Awaited<ReturnType<typeof judge>>,
  cycles: number,
): Report {
  const { faults, kills, places, client } = loop;
  const count = (of: readonly string[]) => faults.filter(({ rule }) => of.includes(rule)).length;
  const total = kills.server + kills.trainer + kills.failpoint;
  return {
    campaign: "kill",
    figures: [
      atLeast("kills", total, cycles),
      { name: "… of the server, at random", value: kills.server },
      { name: "… of a trainer, at random", value: kills.trainer },
      { name: "… at failpoints", value: kills.failpoint },
      ...failpointNames.map((name) => ({ name: `… … ${name}`, value: places[name] ?? 0 })),
      { name: "trainers lost while the service lived", value: loop.trainersLost },
      { name: "starts of the service", value: loop.restarts },
      { name: "runs answered with 202", value: client.runs.size },
      { name: "attempts", value: tally.attempts },
      { name: "requests without an answer, sent again", value: client.counts.unanswered },
      { name: "steered", value: client.counts.steered },
      { name: "paused, resumed or cancelled", value: client.counts.wished },
      { name: "events on the logs", value: tally.events },
      { name: "streams cut by their readers", value: client.counts.cuts },
      { name: "runs compared with an undisturbed one", value: tally.compared },
      worst("longest life of an orphan, ms", loop.orphanMsWorst),
      ...rules.map(([name, of]) => none(name, count(of))),
    ],
    findings: faults.map(({ run, rule, detail }) => `${rule}: ${run} ${detail}`),
  };
}
