/** The PostgreSQL store: the contract of every store, and what many processes at once need. */
import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { schemaVersion } from "#storage/store/migrations.ts";
import { openPostgresStore } from "#storage/store/postgres.ts";
import { logEvent, modelRecord, nextVersion, runRecord, time } from "#test/contracts/records.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { storeContract } from "#test/contracts/store.ts";
import { administer, newSchema, skipWithout } from "./schemas.ts";

async function openAt(t: TestContext, url: string) {
  const store = await openPostgresStore({ url, connectionsMax: 6 });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

describe("PostgreSQL", { skip: skipWithout }, () => {
  storeContract("PostgreSQL", async (t) => openAt(t, await newSchema(t)));

  it("lets several replicas make the tables at the same time", async (t) => {
    const url = await newSchema(t);
    const stores = await Promise.all([1, 2, 3, 4].map(() => openAt(t, url)));
    const model = modelRecord();
    await stores[0]?.write((writer) => writer.insertModel(model));
    for (const store of stores) {
      assert.deepEqual(await store.read((reader) => reader.model(model.id)), model);
    }
  });

  it("refuses tables that a newer Linnet made", async (t) => {
    const url = await newSchema(t);
    await openAt(t, url);
    const schema = new URL(url).searchParams.get("options")?.split("=")[1];
    await administer(`update ${schema}.schema_version set version = ${schemaVersion + 1}`);
    await assert.rejects(openPostgresStore({ url, connectionsMax: 2 }), refusal("conflict"));
  });

  it("goes on when a table changes that it has prepared statements for", async (t) => {
    const url = await newSchema(t);
    const store = await openAt(t, url);
    const model = modelRecord();
    await store.write((writer) => writer.insertModel(model));
    const everywhere = () =>
      Promise.all([1, 2, 3, 4].map(() => store.read((reader) => reader.models({ limit: 9 }))));
    for (let time = 0; time < 4; time += 1) await everywhere();
    const schema = new URL(url).searchParams.get("options")?.split("=")[1];
    await administer(`alter table ${schema}.models alter column digest type varchar`);
    for (const page of await everywhere()) assert.deepEqual(page.rows, [model]);
  });

  it("gives a log no gap and no seq twice when processes append at once", async (t) => {
    const url = await newSchema(t);
    const stores = await Promise.all([1, 2, 3].map(() => openAt(t, url)));
    const record = runRecord();
    await stores[0]?.write((writer) => writer.insertRun(record));
    const appends = stores.flatMap((store) =>
      Array.from({ length: 20 }, (_, i) =>
        store.write((writer) =>
          writer.append(record.run.id, time, [logEvent(2 * i), logEvent(2 * i + 1)]),
        ),
      ),
    );
    await Promise.all(appends);
    const events = await stores[1]?.read((reader) =>
      reader.events(record.run.id, { after: 0, limit: 1000 }),
    );
    assert.deepEqual(
      events?.map(({ seq }) => seq),
      Array.from({ length: 120 }, (_, i) => i + 1),
    );
  });

  it("lets no change of a run overwrite another process's", async (t) => {
    const url = await newSchema(t);
    const stores = await Promise.all([1, 2, 3].map(() => openAt(t, url)));
    const record = runRecord();
    const { id } = record.run;
    await stores[0]?.write((writer) => writer.insertRun(record));
    const bumps = stores.flatMap((store) =>
      Array.from({ length: 10 }, () =>
        store.write(async (writer) => {
          const stored = await writer.run(id);
          assert.ok(stored);
          await writer.updateRun(nextVersion(stored));
        }),
      ),
    );
    await Promise.all(bumps);
    const stored = await stores[0]?.read((reader) => reader.run(id));
    assert.equal(stored?.run.version, record.run.version + 30);
  });

  it("tries again when two writes wait for each other", async (t) => {
    const store = await openAt(t, await newSchema(t));
    const [first, second] = [runRecord(), runRecord()];
    await store.write(async (writer) => {
      await writer.insertRun(first);
      await writer.insertRun(second);
    });
    const met = Promise.withResolvers<void>();
    let waiting = 0;
    let bodies = 0;
    const cross = (one: string, other: string) =>
      store.write(async (writer) => {
        bodies += 1;
        await writer.run(one);
        waiting += 1;
        if (waiting === 2) met.resolve();
        await met.promise;
        await writer.run(other);
      });
    await Promise.all([cross(first.run.id, second.run.id), cross(second.run.id, first.run.id)]);
    assert.ok(bodies >= 3, "one of them ran again");
  });

  it("says that a database which is not there cannot be reached", async () => {
    const url = "postgres://linnet@127.0.0.1:1/none";
    await assert.rejects(
      openPostgresStore({ url, connectionsMax: 2 }),
      refusal("storage_unavailable"),
    );
  });

  it("goes on after its connections were cut", async (t) => {
    const url = await newSchema(t);
    const named = new URL(url);
    named.searchParams.set("application_name", `cut-${process.pid}`);
    const store = await openAt(t, named.href);
    const model = modelRecord();
    await store.write((writer) => writer.insertModel(model));
    const cut = store.write(async (writer) => {
      await writer.model(model.id);
      await administer(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'cut-${process.pid}'`,
      );
      await writer.insertModel(modelRecord());
    });
    await assert.rejects(cut, refusal("storage_unavailable"));
    await store.check();
    assert.deepEqual((await store.read((reader) => reader.models({ limit: 9 }))).rows, [model]);
  });
});
