/** A client that follows a whole sweep: to its end, over cuts, and what it does not retry. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WebSocket } from "ws";
import { followSweep, type SweepNews } from "#client/follow-sweep.ts";
import type { OpenSocket } from "#client/frames.ts";
import { FollowError } from "#client/returning.ts";
import { feedSweep } from "#runs/sweeps/feeder.ts";
import { addMaterials, shareStage } from "#test/api/stage.ts";

let baseUrl: string;
let base: object;
const stage = shareStage({}, async ({ app, backing }) => {
  baseUrl = await app.listen({ host: "127.0.0.1", port: 0 });
  base = {
    ...(await addMaterials(backing)),
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 1,
    steps: 10,
  };
});

async function submit(): Promise<string> {
  const payload = { base, vary: { "/seed": [0, 1] } };
  const answer = await stage().app.inject({ method: "POST", url: "/v1/sweeps", payload });
  return answer.json().id;
}

const cancel = (id: string) =>
  stage().app.inject({ method: "POST", url: `/v1/sweeps/${id}/cancel` });

/** Sockets of which the first is torn away when its first frame has come. */
function fragile(onCut: () => Promise<unknown>): { open: OpenSocket; opened: () => number } {
  let opened = 0;
  const open: OpenSocket = (url, protocols) => {
    const socket = new WebSocket(url, protocols);
    opened += 1;
    if (opened === 1) socket.once("message", () => void onCut().then(() => socket.terminate()));
    return socket;
  };
  return { open, opened: () => opened };
}

describe("a client that follows a sweep", () => {
  it("is told of every change and of its runs, and ends with it", async () => {
    const id = await submit();
    await feedSweep(stage().backing.runs, id, 2);
    const news: SweepNews[] = [];
    for await (const each of followSweep({ baseUrl, sweep: id, history: true })) {
      news.push(each);
      const queued = news.filter(({ frame }) => frame === "event").length;
      if (queued === 2 && each.frame === "event") await cancel(id);
    }
    const sweeps = news.filter((each) => each.frame === "sweep");
    assert.equal(sweeps[0]?.counts.queued, 2);
    assert.equal(sweeps.at(-1)?.status, "cancelled");
    const events = news.filter((each) => each.frame === "event");
    assert.equal(new Set(events.map(({ run }) => run)).size, 2);
    assert.ok(events.every(({ type }) => type === "status"));
  });

  it("comes back after a cut, and learns what ended meanwhile", async () => {
    const id = await submit();
    const { open, opened } = fragile(() => cancel(id));
    const statuses: string[] = [];
    const options = { baseUrl, sweep: id, openSocket: open, backoffMsMax: 5 };
    for await (const each of followSweep(options)) {
      if (each.frame === "sweep") statuses.push(each.status);
    }
    assert.equal(statuses.at(-1), "cancelled");
    assert.ok(opened() >= 1);
  });

  it("does not come back to what is not there, nor for ever to what does not answer", async () => {
    const missing = followSweep({ baseUrl, sweep: "swp_00000000000000000000" });
    await assert.rejects(missing.next(), FollowError);
    const nobody = followSweep({
      baseUrl: "http://127.0.0.1:1",
      sweep: "swp_00000000000000000000",
      attemptsMax: 2,
      backoffMsMax: 1,
    });
    await assert.rejects(nobody.next(), { code: "unreachable" });
  });

  it("ends when its signal aborts", async () => {
    const id = await submit();
    const controller = new AbortController();
    const { signal } = controller;
    let frames = 0;
    for await (const _ of followSweep({ baseUrl, sweep: id, signal })) {
      frames += 1;
      controller.abort();
    }
    assert.equal(frames, 1);
    await cancel(id);
  });
});
