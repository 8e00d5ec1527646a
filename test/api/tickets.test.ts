/** Stream tickets: one stream, once, within a minute; and streams that end with their key. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { closing } from "#api/stream/limits.ts";
import type { StreamTicket } from "#schemas/api-key.ts";
import type { Problem } from "#schemas/problem.ts";
import { anybody } from "#src/access/caller.ts";
import { Tickets } from "#src/access/tickets.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { type Bearing, keyFor, locked } from "./door.ts";
import { Listener } from "./listener.ts";
import { openStage, type Stage } from "./stage.ts";

async function ticketOf({ app }: Stage, { headers }: Bearing): Promise<string> {
  const response = await app.inject({ method: "POST", url: "/v1/stream-tickets", headers });
  assert.equal(response.statusCode, 201);
  return response.json<StreamTicket>().ticket;
}

/** The status with which an upgrade was answered. */
function refusedStatus(listener: Listener): Promise<number | undefined> {
  return new Promise((resolve) =>
    listener.socket.once("unexpected-response", (_request, response) => {
      listener.socket.terminate();
      resolve(response.statusCode);
    }),
  );
}

describe("a stream ticket", () => {
  it("opens one stream, once, and nothing else", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const bearing = await keyFor(stage, "default", ["stream:read"]);
    const { id } = await stage.addRun();
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const url = async () =>
      `${address}/v1/runs/${id}/stream?ticket=${await ticketOf(stage, bearing)}`;
    const once = await url();
    const first = new Listener(once);
    assert.equal((await first.frame("hello")).run, id);
    assert.equal(await refusedStatus(new Listener(once)), 401);
    const ticket = await ticketOf(stage, bearing);
    for (const path of ["/v1/runs", `/v1/runs/${id}/events`]) {
      const response = await stage.app.inject(`${path}?ticket=${ticket}`);
      assert.equal(response.json<Problem>().code, "unauthenticated");
    }
    first.socket.close();
  });

  it("is good once, on any replica, and not too many wait", async (t) => {
    const { store } = (await openStage(t)).backing;
    const [tickets, elsewhere] = [new Tickets(store), new Tickets(store)];
    const { ticket, lifeMs } = await tickets.issue(anybody);
    assert.equal(lifeMs, 60_000);
    const caller = await elsewhere.redeem(ticket);
    assert.deepEqual(caller, { ...anybody, scopes: new Set(["stream:read"]) });
    assert.equal(await tickets.redeem(ticket), undefined);
    for (let i = 0; i < 100; i += 1) await tickets.issue(anybody);
    await assert.rejects(tickets.issue(anybody), refusal("rate_limited"));
    await elsewhere.issue({ ...anybody, name: "another" });
  });

  it("is of no use once its time has passed", async (t) => {
    const { store } = (await openStage(t)).backing;
    const old = { digest: "d", caller: "anybody", document: "{}" };
    await store.write(({ fleet }) => fleet.keepTicket(old, 0));
    assert.equal(await store.write(({ fleet }) => fleet.useTicket("d")), undefined);
    await store.write(({ fleet }) => fleet.keepTicket(old, 0));
    assert.equal((await store.write(({ fleet }) => fleet.ticketsWaiting("anybody"))).all, 0);
  });
});

describe("a stream", () => {
  it("is refused before the upgrade without a key, or without its scope", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const { id } = await stage.addRun();
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const url = `${address}/v1/runs/${id}/stream`;
    assert.equal(await refusedStatus(new Listener(url)), 401);
    const { headers } = await keyFor(stage, "default", ["runs:read"]);
    assert.equal(await refusedStatus(new Listener(url, { headers })), 403);
  });

  it("is closed with 4011 when its key is deleted", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const [admin, reader] = [
      await keyFor(stage, "default"),
      await keyFor(stage, "default", ["stream:read"]),
    ];
    const { id } = await stage.addRun();
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const { headers } = reader;
    const listener = new Listener(`${address}/v1/runs/${id}/stream`, { headers });
    await listener.frame("hello");
    const url = `/v1/api-keys/${reader.id}`;
    await stage.app.inject({ method: "DELETE", url, headers: admin.headers });
    assert.equal((await listener.closed).code, closing.expired);
  });

  it("is one of so many of its tenant, and no more", async (t) => {
    const environment = { LINNET_TENANT_STREAMS_MAX: "2", ...locked };
    const stage = await openStage(t, { environment });
    const { headers } = await keyFor(stage, "a");
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    const open = async () => {
      const listener = new Listener(`${address}/v1/stream`, { headers });
      await listener.opened();
      return listener;
    };
    const [first, second] = [await open(), await open()];
    assert.equal(await refusedStatus(new Listener(`${address}/v1/stream`, { headers })), 403);
    const other = await keyFor(stage, "b");
    const theirs = new Listener(`${address}/v1/stream`, { headers: other.headers });
    await theirs.opened();
    for (const listener of [first, second, theirs]) listener.socket.close();
  });
});
