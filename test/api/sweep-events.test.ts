/** A whole sweep as server-sent events: what the WebSocket tells, and going on after a cut. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { SweepCursor } from "#api/stream/sweep-cursor.ts";
import { feedSweep } from "#runs/sweeps/feeder.ts";
import type { ServerFrame } from "#schemas/stream.ts";
import { Listener } from "./listener.ts";
import { addMaterials, logged, metrics, shareStage } from "./stage.ts";

let address: string;
let base: object;
const stage = shareStage({}, async ({ app, backing }) => {
  address = await app.listen({ host: "127.0.0.1", port: 0 });
  base = {
    ...(await addMaterials(backing)),
    optimizer: { type: "sgd", learning_rate: 0.1 },
    batch_size: 1,
    steps: 10,
  };
});

async function submit(cells: number): Promise<string> {
  const seeds = Array.from({ length: cells }, (_, i) => i);
  const payload = { base, vary: { "/seed": seeds } };
  const answer = await stage().app.inject({ method: "POST", url: "/v1/sweeps", payload });
  assert.equal(answer.statusCode, 202, answer.body);
  return answer.json().id;
}

async function runsOf(id: string): Promise<string[]> {
  const page = await stage().backing.store.read((r) => r.runs({ sweep: id, limit: 100 }));
  return page.rows.toReversed().map(({ run }) => run.id);
}

interface Told {
  readonly id: string;
  readonly frame: ServerFrame;
}

interface Answer {
  readonly status: number;
  /** Events until `enough`, or to the end. */
  read(enough?: (told: readonly Told[]) => boolean): Promise<readonly Told[]>;
}

async function follow(path: string, lastEventId?: string): Promise<Answer> {
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const signal = AbortSignal.timeout(20_000);
  const response = await fetch(address + path, { headers, signal });
  const read: Answer["read"] = async (enough = () => false) => {
    const told: Told[] = [];
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of response.body ?? []) {
      text += decoder.decode(bytes as Uint8Array, { stream: true });
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? "";
        if (field("data") === "") continue;
        const frame = JSON.parse(field("data")) as ServerFrame;
        assert.equal(field("event"), frame.frame);
        told.push({ id: field("id"), frame });
        if (enough(told)) return told;
      }
    }
    return told;
  };
  return { status: response.status, read };
}

/** Run and seq of each log event, in the order in which they came. */
const eventsIn = (frames: readonly ServerFrame[]): string[] =>
  frames.flatMap((frame) => (frame.frame === "event" ? [`${frame.run} ${frame.seq}`] : []));
const framesOf = (told: readonly Told[]) => told.map(({ frame }) => frame);

/** Two runs with a log each, that have ended. */
async function endedSweep(): Promise<{ id: string; runs: string[] }> {
  const id = await submit(2);
  await feedSweep(stage().backing.runs, id, 2);
  const runs = await runsOf(id);
  for (const run of runs) {
    await stage().append(run, [logged(1), metrics(1, 5), logged(2), metrics(6, 10)]);
    await stage().end(run);
  }
  return { id, runs };
}

describe("the events of a sweep", () => {
  it("are the frames of its WebSocket, and end with it", async () => {
    const { id, runs } = await endedSweep();
    const told = await (await follow(`/v1/sweeps/${id}/events`)).read();
    const listener = new Listener(`${address}/v1/sweeps/${id}/stream`);
    await listener.until(() => listener.of("complete").length === 2);
    listener.socket.terminate();
    const kinds = (frames: readonly ServerFrame[]) => frames.map(({ frame }) => frame).toSorted();
    assert.deepEqual(kinds(framesOf(told)), kinds(listener.frames));
    assert.deepEqual(eventsIn(framesOf(told)).toSorted(), eventsIn(listener.frames).toSorted());
    const last = told.at(-1)?.id;
    assert.equal((await follow(`/v1/sweeps/${id}/events`, last)).status, 204);
    assert.equal(runs.length, 2);
  });

  it("go on after any event where they were cut: each once, none missing", async () => {
    const { id } = await endedSweep();
    const path = `/v1/sweeps/${id}/events`;
    const whole = await (await follow(path)).read();
    const all = eventsIn(framesOf(whole)).toSorted();
    for (const cutAt of whole.keys()) {
      const before = whole.slice(0, cutAt + 1);
      const answer = await follow(path, before.at(-1)?.id);
      const after = answer.status === 204 ? [] : await answer.read();
      const both = [...eventsIn(framesOf(before)), ...eventsIn(framesOf(after))];
      assert.deepEqual(both.toSorted(), all, `cut after ${cutAt}`);
    }
  });

  it("tell runs that come later, the kinds asked for, and from now without history", async () => {
    const id = await submit(2);
    await feedSweep(stage().backing.runs, id, 1);
    const [first = ""] = await runsOf(id);
    await stage().append(first, [logged(1)]);
    const answer = await follow(`/v1/sweeps/${id}/events?kinds=log&history=false`);
    let isFed = false;
    const told = await answer.read((sofar) => {
      const caught = sofar.filter(({ frame }) => frame.frame === "caught_up").length;
      if (caught === 1 && !isFed) {
        isFed = true;
        void feedSweep(stage().backing.runs, id, 2).then(async () => {
          stage().backing.wakeups.wake(id);
          await stage().append((await runsOf(id))[1] ?? "", [metrics(1, 2), logged(2)]);
        });
      }
      return sofar.some(({ frame }) => frame.frame === "event");
    });
    const [event] = framesOf(told).filter((frame) => frame.frame === "event");
    assert.equal(event?.type, "log");
    assert.equal(event?.run, (await runsOf(id))[1]);
  });

  it("refuse what they cannot tell", async () => {
    const path = `/v1/sweeps/${await submit(1)}/events`;
    const get = (url: string, headers: Record<string, string> = {}) =>
      stage().app.inject({ url, headers });
    assert.equal((await get("/v1/sweeps/swp_00000000000000000000/events")).statusCode, 404);
    assert.equal((await get(path, { accept: "text/csv" })).statusCode, 406);
    for (const wrong of ["7", "x;", "1;2", "1;2:3,", `1;${"1:1,".repeat(200)}1:1`]) {
      const refused = await get(path, { "last-event-id": wrong });
      assert.equal(refused.json().code, "cursor_invalid", wrong);
    }
  });
});

describe("a position in a sweep", () => {
  it("is the same after it was written down, whatever was joined, sent and told", () => {
    const act = fc.record({
      kind: fc.constantFrom("join", "sent", "told"),
      cell: fc.nat(20),
      seq: fc.nat(1000),
    });
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const cursor = new SweepCursor();
        for (const { kind, cell, seq } of acts) {
          if (kind === "join") cursor.join(cell, seq);
          else if (kind === "sent") cursor.sent(cell, seq);
          else cursor.told(cell);
        }
        const read = SweepCursor.parse(cursor.text);
        assert.equal(read.text, cursor.text);
        for (let cell = 0; cell <= 21; cell += 1) {
          assert.equal(read.after(cell), cursor.after(cell));
        }
      }),
    );
  });
});
