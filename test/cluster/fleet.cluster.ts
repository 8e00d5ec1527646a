/**
 * A small fleet as processes over a real database and a real S3 server: any replica serves any run,
 * and no run is lost with the worker that had it. The campaign disturbs a larger one for longer.
 */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Api } from "#cli/api.ts";
import { remoteApi } from "#cli/remote.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Run, RunRequest } from "#schemas/run.ts";
import { Fleet, type Member } from "../../bench/campaign/fleet.ts";
import { definition, generator } from "../../bench/campaign/settings.ts";
import { openStand, type Stand } from "./stand.ts";

const long = 100_000;

async function followed(api: Api, id: string): Promise<readonly RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of api.follow(id, {})) events.push(event);
  return events;
}

/** The first event of a run that fits. */
async function seen(api: Api, id: string, fits: (event: RunEvent) => boolean): Promise<RunEvent> {
  const stop = new AbortController();
  for await (const event of api.follow(id, { signal: stop.signal })) {
    if (!fits(event)) continue;
    stop.abort();
    return event;
  }
  return assert.fail("the run ended before");
}

const isCheckpoint = ({ type }: RunEvent): boolean => type === "checkpoint";

describe("a fleet", { timeout: 300_000 }, () => {
  let stand: Stand;
  let fleet: Fleet;
  let apis: readonly Api[];
  let request: RunRequest;

  before(async () => {
    stand = await openStand();
    fleet = await Fleet.open({ stand, replicas: 2, workers: 2 });
    apis = fleet.of("api").map(({ address }) => remoteApi(address));
    const [here] = apis;
    assert.ok(here);
    const model = await here.createModel({ definition });
    const dataset = await here.createDataset({ generator });
    request = {
      model: model.id,
      dataset: dataset.id,
      loss: "softmax_cross_entropy",
      optimizer: { type: "sgd", learning_rate: 0.01 },
      dtype: "float64",
      engine: "reference",
      steps: 60,
      checkpoints: { every: 20, keep: 3 },
    };
  });

  after(async () => {
    await fleet?.[Symbol.asyncDispose]();
    await stand?.[Symbol.asyncDispose]();
  });

  const both = (): readonly [Api, Api] => {
    const [here, there] = apis;
    assert.ok(here && there);
    return [here, there];
  };

  it("shows the same run, event for event, at every replica", async () => {
    const [here, there] = both();
    const { id } = await here.createRun(request);
    const logs = await Promise.all([followed(here, id), followed(there, id)]);
    assert.deepEqual(logs[0], logs[1]);
    assert.deepEqual(
      logs[0].map(({ seq }) => seq),
      logs[0].map((_, at) => at + 1),
    );
    assert.equal((await there.run(id)).status, "succeeded");
  });

  it("steers and cancels a run through a replica that knows nothing of its worker", async () => {
    const [here, there] = both();
    const { id } = await here.createRun({ ...request, steps: long });
    await seen(there, id, isCheckpoint);
    await there.steer(id, { learning_rate: 0.001 });
    await seen(here, id, ({ type }) => type === "steered");
    await here.act(id, "cancel");
    const log = await followed(there, id);
    assert.equal(log.at(-1)?.type, "status");
    assert.equal((await here.run(id)).status, "cancelled");
  });

  it("goes on with a run elsewhere when its worker is killed", async () => {
    const [here, there] = both();
    const { id } = await here.createRun({ ...request, steps: long });
    await seen(there, id, isCheckpoint);
    // Which of them has it is not told; both are killed, and only the second comes back.
    const [first, second] = fleet.of("worker") as readonly [Member, Member];
    await Promise.all([first.kill(), second.kill()]);
    await second.start();
    const again = await seen(
      here,
      id,
      ({ type, data }) => type === "status" && data.status === "running" && data.attempt > 1,
    );
    assert.ok(again.seq > 1);
    await there.act(id, "cancel");
    await followed(here, id);
    const run: Run = await there.run(id);
    assert.equal(run.status, "cancelled");
    assert.ok(run.progress.step > 0);
    await first.start();
  });

  it("drains in order when it is asked to", async () => {
    const codes = await Promise.all(fleet.members.map((member) => member.drain()));
    assert.deepEqual(
      codes,
      fleet.members.map(() => 0),
    );
  });
});
