/** What an attempt is told of the ones before it: from which step on steering may take effect. */
import assert from "node:assert/strict";
import test, { type TestContext } from "node:test";
import { applyInput } from "#runs/apply.ts";
import { type Claiming, claimNext } from "#runs/assignment.ts";
import { openRate } from "#runs/rate.ts";
import { recordEvents } from "#runs/recorder.ts";
import type { EventData } from "#schemas/event.ts";
import type { TrainerEvent } from "#src/channel.ts";
import { lossAt, scenarios } from "./scenarios.ts";
import { openWorkshop } from "./workshop.ts";

const steps = 120;
const claiming = {
  means: { artifactsDir: "", threads: 1, memoryBytesMax: 2 ** 30 },
  fits: [{ memoryBytesMax: 2 ** 40, devices: ["auto", "cpu"] }],
  owner: "one",
  leaseMs: 60_000,
  except: [],
} as const satisfies Claiming;

const anchorAt = (step: number): TrainerEvent => {
  const data: EventData<"anchor"> = {
    step,
    index: 1,
    period: step,
    linearisation_gap: 0,
    loss_before: 1,
    loss_after: 1,
    distance_from_anchor: 0,
    distance_from_start: 0,
    relative_distance: 0,
    lambda_max: 1,
    rate_times_lambda_max: 0.1,
    stable_learning_rate: 2,
    warning: null,
  };
  return { kind: "anchor", key: `anchor:${step}`, data };
};

/** What a second attempt is told when the first was lost after these events. */
async function stepsLoggedAfter(t: TestContext, more: readonly TrainerEvent[]) {
  const { context, submit } = await openWorkshop(t);
  await submit(scenarios.usual);
  const first = (await claimNext(context, claiming)) ?? assert.fail();
  assert.equal(first.assignment.stepsLogged, 0);
  const { id, attempt } = first.record.run;
  const loss = Array.from({ length: steps }, (_, at) => lossAt(at + 1));
  const data = { from: 1, to: steps, columns: { loss } };
  const secondsUsed = () => 1;
  const of = { run: id, attempt, lease: first.lease, rate: openRate(0, 0), secondsUsed };
  await recordEvents(context, of, [{ kind: "metrics", key: "metrics:1", data }, ...more]);
  const retry = { attemptsMax: 5, firstMs: 0, longestMs: 0 };
  const lost = { type: "lost", attempt, cause: "server", detail: "", secondsUsed: 1 } as const;
  await applyInput(context, id, { input: { ...lost, retry }, lease: first.lease });
  return (await claimNext(context, claiming))?.assignment.stepsLogged;
}

test("steering may take effect after the last step that is on the log", async (t) => {
  assert.equal(await stepsLoggedAfter(t, []), steps);
  assert.equal(await stepsLoggedAfter(t, [anchorAt(steps - 20)]), steps);
});

test("a linearisation on the log keeps the rate that it named for its first step", async (t) => {
  assert.equal(await stepsLoggedAfter(t, [anchorAt(steps)]), steps + 1);
});
