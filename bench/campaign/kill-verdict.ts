/** What a kill loop is told to have found; how logs are judged is in judge.ts. */
import { failpointNames } from "#src/failpoints.ts";
import type { Fault } from "./check-log.ts";
import { findingsOf, type Tally, verdicts } from "./judge.ts";
import type { KillClient } from "./kill-client.ts";
import { atLeast, type Report, worst } from "./report.ts";

export type Means = "server" | "trainer" | "failpoint";

/** What a loop has done and seen, when it is over. */
export interface Loop {
  readonly faults: Fault[];
  readonly kills: Readonly<Record<Means, number>>;
  readonly places: Readonly<Record<string, number>>;
  readonly orphanMsWorst: number;
  /** Processor time of such a trainer after its server was gone. */
  readonly orphanSecondsWorst: number;
  readonly restarts: number;
  readonly trainersLost: number;
  readonly client: KillClient;
}

export function reportOf(loop: Loop, tally: Tally, cycles: number): Report {
  const { faults, kills, places, client } = loop;
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
      { name: "runs failed after five attempts in a row were killed", value: tally.wornOut },
      worst("longest life of an orphan, ms", loop.orphanMsWorst),
      worst("… of its own processor time, s", loop.orphanSecondsWorst),
      ...verdicts(faults),
    ],
    findings: findingsOf(faults),
  };
}
