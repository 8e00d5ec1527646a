/** Data folders of older versions: each opens, with everything that was in it. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import Database from "better-sqlite3";
import { Kysely, SqliteDialect } from "kysely";
import { sqliteDialect } from "#storage/store/dialect.ts";
import { migrate, schemaVersion } from "#storage/store/migrations.ts";
import type { Tables } from "#storage/store/schema.ts";
import { transact } from "#storage/store/sql.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { usualTenant } from "#storage/store.ts";
import { digestOf } from "#test/contracts/records.ts";
import { refusal } from "#test/contracts/refusal.ts";

const suffix = "0mb3k2x1v0000000000a";

const folders = new URL("folders/", import.meta.url);

async function newPath(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-older-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "linnet.sqlite");
}

/** A database as Linnet wrote it when its schema was 1 or 2. */
async function older(t: TestContext, schema: 1 | 2): Promise<string> {
  const path = await newPath(t);
  const database = new Database(path);
  database.exec(await readFile(new URL(`schema-${schema}.sql`, folders), "utf8"));
  database.close();
  return path;
}

/** A database of schema 1 that later versions have brought as far as `schema`. */
async function broughtTo(t: TestContext, schema: number): Promise<string> {
  const path = await older(t, 1);
  const database = new Database(path);
  const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
  await transact(db, { dialect: sqliteDialect }, (within) =>
    migrate(within, sqliteDialect, schema),
  );
  await db.destroy();
  return path;
}

const versionOf = (path: string): unknown => {
  const database = new Database(path);
  const version = database.prepare("select version from schema_version").pluck().get();
  database.close();
  return version;
};

it("opens a folder of schema 2: all of it is there, and belongs to the usual tenant", async (t) => {
  const path = await older(t, 2);
  await opensWithAll(path);
});

for (let schema = 1; schema < schemaVersion; schema += 1) {
  it(`opens a folder that was brought to schema ${schema}, with all of it`, async (t) => {
    const path = await broughtTo(t, schema);
    assert.equal(versionOf(path), schema);
    await opensWithAll(path);
    assert.equal(versionOf(path), schemaVersion);
  });
}

it("refuses rows of an older folder that change after they were sealed", async (t) => {
  const path = await older(t, 2);
  await opensWithAll(path);
  const database = new Database(path);
  database.exec("update models set document = replace(document, 'name', 'mame')");
  database.close();
  const store = await openSqliteStore({ path });
  t.after(() => store[Symbol.asyncDispose]());
  await assert.rejects(
    store.read((reader) => reader.model(`mdl_${suffix}`)),
    refusal("storage_corrupt"),
  );
});

async function opensWithAll(path: string): Promise<void> {
  for (const opening of ["first", "second"]) {
    const store = await openSqliteStore({ path });
    const seen = await store.of(usualTenant).read(async (reader) => ({
      run: (await reader.run(`run_${suffix}`))?.run.last_seq,
      events: (await reader.events(`run_${suffix}`, { after: 0, limit: 10 })).length,
      model: (await reader.model(`mdl_${suffix}`))?.id,
      dataset: (await reader.dataset(`dst_${suffix}`))?.bytes,
      snapshot: (await reader.snapshot(`run_${suffix}`, `snp_${suffix}`))?.id,
      checkpoint: (await reader.checkpoint(`run_${suffix}`, `chk_${suffix}`))?.bytes,
      answer: await reader.answer("k"),
      bytes: await reader.bytesStored(),
    }));
    assert.deepEqual(
      seen,
      {
        run: 2,
        events: 2,
        model: `mdl_${suffix}`,
        dataset: seen.dataset,
        snapshot: `snp_${suffix}`,
        checkpoint: 1234,
        answer: { key: "k", payload: digestOf("f"), response: null, createdMs: 5 },
        bytes: 1234 + (seen.dataset ?? 0),
      },
      opening,
    );
    assert.equal(await store.of("other").read((reader) => reader.run(`run_${suffix}`)), undefined);
    await store[Symbol.asyncDispose]();
  }
}
