/** The typed client against a listening service: exact replay over cuts, and refusals. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { WebSocket } from "ws";
import { createClient } from "#client/client.ts";
import { followRun } from "#client/follow.ts";
import type { OpenSocket } from "#client/frames.ts";
import { FollowError } from "#client/returning.ts";
import type { RunEvent } from "#schemas/event.ts";
import { logged, metrics, shareStage } from "#test/api/stage.ts";

let baseUrl: string;
const stage = shareStage({}, async ({ app }) => {
  baseUrl = await app.listen({ host: "127.0.0.1", port: 0 });
});

const eventsTotal = 2000;
const cutsTotal = 50;

/** Pseudo-random whole numbers below `bound`, the same in every run of the test. */
function dice(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/**
 * Sockets of which the first `cutsTotal` are torn away after some number of messages; what was
 * under way by then is lost, as it is when a network is cut.
 */
function fragile(roll: (bound: number) => number): { open: OpenSocket; cuts: () => number } {
  let cuts = 0;
  const open: OpenSocket = (url, protocols) => {
    const socket = new WebSocket(url, protocols);
    let left = 1 + roll(60);
    const arrives = (): boolean => {
      left -= 1;
      if (left > 0 || socket.readyState !== WebSocket.OPEN) return left > 0;
      if (cuts >= cutsTotal) return true;
      cuts += 1;
      socket.terminate();
      return false;
    };
    return {
      addEventListener: (type: string, listener: (event: never) => void) => {
        if (type === "message") {
          socket.on("message", (data) => {
            if (arrives()) listener({ data: String(data) } as never);
          });
        } else socket.addEventListener(type as "close", listener as () => void);
      },
      send: (text) => socket.send(text),
      close: () => socket.close(),
    };
  };
  return { open, cuts: () => cuts };
}

async function allEvents(run: string): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for (let after = 0; ; ) {
    const page = (
      await stage().app.inject(`/v1/runs/${run}/events?after=${after}&limit=777`)
    ).json();
    events.push(...page.data);
    if (page.has_more !== true) return events;
    after = page.next_cursor;
  }
}

describe("a client that follows a run", () => {
  it("rebuilds exactly the log that the API serves: two thousand events, fifty cuts", async () => {
    const { id } = await stage().addRun();
    const roll = dice(7);
    const { open, cuts } = fragile(roll);
    const write = async () => {
      for (let step = 1; step < eventsTotal; ) {
        const count = Math.min(1 + roll(20), eventsTotal - step);
        const events = Array.from({ length: count }, (_, i) =>
          roll(3) === 0 ? logged(step + i) : metrics(step + i, step + i),
        );
        await stage().append(id, events);
        step += count;
      }
      await stage().end(id);
    };
    const writing = write();
    const seen: RunEvent[] = [];
    const following = followRun({ baseUrl, run: id, openSocket: open, backoffMsMax: 5 });
    for await (const event of following) seen.push(event);
    await writing;
    assert.equal(cuts(), cutsTotal);
    assert.equal(seen.length, eventsTotal);
    assert.deepEqual(seen, await allEvents(id));
  });

  it("uses the platform's own WebSocket unless told, and returns how the run ended", async () => {
    const { id } = await stage().addRun();
    await stage().append(id, [logged(1), metrics(1, 2)]);
    await stage().end(id, "failed");
    const events = followRun({ baseUrl, run: id, after: 1, kinds: ["metrics", "status"] });
    const seqs: number[] = [];
    for (;;) {
      const next = await events.next();
      if (next.done === true) {
        assert.equal(next.value, "failed");
        break;
      }
      seqs.push(next.value.seq);
    }
    assert.deepEqual(seqs, [2, 3]);
  });

  it("ends quietly when it is aborted", async () => {
    const { id } = await stage().addRun();
    await stage().append(id, [logged(1)]);
    const controller = new AbortController();
    const seen: RunEvent[] = [];
    for await (const event of followRun({ baseUrl, run: id, signal: controller.signal })) {
      seen.push(event);
      controller.abort();
    }
    assert.equal(seen.length, 1);
  });

  it("says why when the service refuses, and does not come back", async () => {
    const { id } = await stage().addRun();
    const follow = async (run: string, after: number) => {
      for await (const _ of followRun({ baseUrl, run, after })) assert.fail("nothing comes");
    };
    const is = (code: string) => (error: unknown) =>
      error instanceof FollowError && error.code === code;
    await assert.rejects(follow("run_0000000000000000000q", 0), is("not_found"));
    await assert.rejects(follow(id, 9), is("cursor_in_future"));
  });

  it("gives up on a service that is not there after as many attempts as told", async () => {
    const events = followRun({
      baseUrl: "http://127.0.0.1:9",
      run: "run_0000000000000000000q",
      attemptsMax: 2,
      backoffMsMax: 1,
    });
    await assert.rejects(events.next(), FollowError);
  });
});

describe("the REST client", () => {
  it("is typed by path, and returns problems as values", async () => {
    const client = createClient({ baseUrl });
    const { data } = await client.GET("/v1/runs", { params: { query: { limit: 1 } } });
    assert.equal(data?.data.length, 1);
    const path = { id: "run_0000000000000000000q" };
    const { error } = await client.GET("/v1/runs/{id}", { params: { path } });
    assert.equal(error?.code, "not_found");
  });
});
