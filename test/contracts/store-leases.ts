/** What every Store does with leases and with the queue that workers take their runs from. */
import assert from "node:assert/strict";
import { it } from "node:test";
import type { Lease } from "#storage/leases.ts";
import type { Store } from "#storage/store.ts";
import type { OpenStore } from "./opening.ts";
import { anything, idOf, queue, takeNext } from "./queueing.ts";
import { runRecord } from "./records.ts";
import { refusal } from "./refusal.ts";

const longMs = 60_000;
const id = "run_0000000000000000000a";
const mine: Lease = { id, owner: "mine", epoch: 1 };
const theirs: Lease = { id, owner: "theirs", epoch: 2 };

const grant = (store: Store, lease: Lease, forMs = longMs) =>
  store.write((writer) => writer.leases.grant(lease, forMs));
const hold = (store: Store, lease: Lease) => store.write((writer) => writer.leases.hold(lease));
const heldRun = (store: Pick<Store, "write">, lease: Lease) =>
  store.write((writer) => writer.heldRun(lease));
const leaseOf = (store: Store) => store.write((writer) => writer.leases.of(id));
const untended = (store: Store, owner: string) =>
  store.read((reader) => reader.untended(owner, 100));

export function leaseContract(open: OpenStore): void {
  it("lets only the present owner hold, and only with the present epoch", async (t) => {
    const store = await open(t);
    await assert.rejects(hold(store, mine), refusal("lease_lost"));
    await grant(store, mine);
    await hold(store, mine);
    await assert.rejects(hold(store, { ...mine, epoch: 0 }), refusal("lease_lost"));
    await assert.rejects(hold(store, { ...mine, owner: "theirs" }), refusal("lease_lost"));
    await grant(store, theirs);
    await assert.rejects(hold(store, mine), refusal("lease_lost"));
    await hold(store, theirs);
    await store.write((writer) => writer.leases.release(id));
    await assert.rejects(hold(store, theirs), refusal("lease_lost"));
    assert.equal(await leaseOf(store), undefined);
  });

  it("shows a run to the owner of its lease alone", async (t) => {
    const store = await open(t);
    const record = runRecord();
    const lease: Lease = { ...mine, id: record.run.id };
    await assert.rejects(heldRun(store, lease), refusal("not_found"));
    await store.write((writer) => writer.insertRun(record));
    await assert.rejects(heldRun(store, lease), refusal("lease_lost"));
    await grant(store, lease);
    assert.deepEqual(await heldRun(store, lease), record);
    await assert.rejects(heldRun(store, { ...lease, epoch: 2 }), refusal("lease_lost"));
    await assert.rejects(heldRun(store, { ...lease, owner: "theirs" }), refusal("lease_lost"));
    await assert.rejects(heldRun(store.of("others"), lease), refusal("not_found"));
  });

  it("keeps a lease as it is until the writer that holds its run has ended", async (t) => {
    const store = await open(t);
    const record = runRecord();
    const lease: Lease = { ...mine, id: record.run.id };
    await store.write(async (writer) => {
      await writer.insertRun(record);
      await writer.leases.grant(lease, longMs);
    });
    const order: string[] = [];
    const held = Promise.withResolvers<void>();
    const first = store.write(async (writer) => {
      await writer.heldRun(lease);
      held.resolve();
      // The other has every chance to come between, and may not.
      for (let turn = 0; turn < 20; turn += 1) await writer.countRuns(["queued"]);
      order.push("first");
    });
    await held.promise;
    const second = store.write(async (writer) => {
      await writer.leases.grant({ ...lease, owner: "theirs", epoch: 2 }, longMs);
      order.push("second");
    });
    await Promise.all([first, second]);
    assert.deepEqual(order, ["first", "second"]);
    await assert.rejects(heldRun(store, lease), refusal("lease_lost"));
  });

  it("undoes what a writer did whose lease is lost", async (t) => {
    const store = await open(t);
    const record = runRecord();
    await grant(store, theirs);
    const write = store.write(async (writer) => {
      await writer.insertRun(record);
      await writer.leases.hold(mine);
    });
    await assert.rejects(write, refusal("lease_lost"));
    assert.equal(await store.read((reader) => reader.run(record.run.id)), undefined);
  });

  it("renews what is in force, also late, and not what passed to another", async (t) => {
    const store = await open(t);
    const other: Lease = { id: "run_0000000000000000000b", owner: "mine", epoch: 7 };
    await grant(store, mine, -1);
    await grant(store, { ...other, owner: "theirs" });
    assert.equal((await leaseOf(store))?.isOver, true);
    const renewed = await store.write((writer) => writer.leases.renew([other, mine], longMs));
    assert.deepEqual([...renewed], [id]);
    assert.deepEqual(await leaseOf(store), { ...mine, isOver: false });
    assert.deepEqual([...(await store.write((w) => w.leases.renew([], longMs)))], []);
  });

  it("tells which are nobody's: over, the worker's own, and held without any", async (t) => {
    const store = await open(t);
    await grant(store, mine);
    assert.deepEqual(await untended(store, "mine"), [id]);
    assert.deepEqual(await untended(store, "theirs"), []);
    await grant(store, mine, -1);
    assert.deepEqual(await untended(store, "theirs"), [id]);
    const held = runRecord({ status: "running" });
    await store.write((writer) => writer.insertRun(held));
    assert.deepEqual(await untended(store, "theirs"), [id, held.run.id].sort());
  });
}

export function queueContract(open: OpenStore): void {
  it("gives every run to one worker, however many ask at once", async (t) => {
    const store = await open(t);
    const records = Array.from({ length: 30 }, () => runRecord());
    for (const record of records) await store.write((writer) => writer.insertRun(record));
    const taken = await Promise.all(records.map(() => takeNext(store, { nowMs: 1 })));
    assert.deepEqual(taken.map((record) => record?.run.id).sort(), records.map(idOf).sort());
    assert.equal(await takeNext(store, { nowMs: 1 }), undefined);
  });

  it("takes higher priorities first, and runs without one for normal", async (t) => {
    const store = await open(t);
    const [low, normal, high] = (["low", "normal", "high"] as const).map((priority) =>
      runRecord({ priority }),
    );
    assert.ok(low && normal && high);
    for (const record of [low, normal, high]) {
      await store.write((writer) => writer.insertRun(record));
    }
    assert.deepEqual(await queue(store, { nowMs: 1 }), [high, normal, low].map(idOf));
  });

  it("lists those that wait from a priority upwards, the next turn first", async (t) => {
    const store = await open(t);
    const [low, normal, high, later] = [
      runRecord({ priority: "low" }),
      runRecord(),
      runRecord({ priority: "high" }, { needsBytes: 7 }),
      runRecord({}, { notBeforeMs: 2 }),
    ];
    for (const record of [low, normal, high, later]) {
      await store.write((writer) => writer.insertRun(record));
    }
    const waiting = async (from: "low" | "normal" | "high", limit: number, turn = {}) =>
      (
        await store.write((w) => w.waiting({ nowMs: 1, fits: anything, ...turn }, { from, limit }))
      ).map(idOf);
    assert.deepEqual(await waiting("low", 9), [high, normal, low].map(idOf));
    assert.deepEqual(await waiting("normal", 9), [high, normal].map(idOf));
    assert.deepEqual(await waiting("low", 1), [idOf(high)]);
    const fits = [{ devices: ["auto"], memoryBytesMax: 6 }] as const;
    assert.deepEqual(await waiting("normal", 9, { fits }), [idOf(normal)]);
    assert.deepEqual(await waiting("low", 9, { fits: [] }), []);
  });

  it("gives a place only what fits into it", async (t) => {
    const store = await open(t);
    const [small, large, gpu] = [
      runRecord({}, { needsBytes: 100 }),
      runRecord({}, { needsBytes: 101 }),
      runRecord({ device: "cuda" }, { needsBytes: 1 }),
    ];
    for (const record of [gpu, large, small]) {
      await store.write((writer) => writer.insertRun(record));
    }
    const fits = [{ memoryBytesMax: 100, devices: ["auto", "cpu"] }] as const;
    assert.deepEqual(await queue(store, { nowMs: 1, fits: [] }), []);
    assert.deepEqual(await queue(store, { nowMs: 1, fits }), [idOf(small)]);
    const onGpu = [{ memoryBytesMax: 100, devices: ["cuda"] }] as const;
    assert.deepEqual(await queue(store, { nowMs: 1, fits: onGpu }), [idOf(gpu)]);
    assert.deepEqual(await queue(store, { nowMs: 1, fits: anything }), [idOf(large)]);
  });

  it("never gives a tenant more than its limit, however many ask at once", async (t) => {
    const store = await open(t);
    const of = store.of("a");
    for (let i = 0; i < 6; i += 1) await of.write((writer) => writer.insertRun(runRecord()));
    const turn = { nowMs: 1, heldMax: 2 };
    const taken = await Promise.all(Array.from({ length: 6 }, () => takeNext(store, turn)));
    assert.equal(taken.filter((record) => record !== undefined).length, 2);
  });
}
