/** Data folders of older versions: each opens, with everything that was in it. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import Database from "better-sqlite3";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { usualTenant } from "#storage/store.ts";
import { digestOf } from "#test/contracts/records.ts";

const suffix = "0mb3k2x1v0000000000a";

/** A database as an older version left it. */
async function older(t: TestContext, schema: number): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-older-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const path = join(dir, "linnet.sqlite");
  const database = new Database(path);
  const file = new URL(`folders/schema-${schema}.sql`, import.meta.url);
  database.exec(await readFile(file, "utf8"));
  database.close();
  return path;
}

it("opens a folder of schema 2: all of it is there, and belongs to the usual tenant", async (t) => {
  const path = await older(t, 2);
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
});
