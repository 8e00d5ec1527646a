/** The SQLite store: the contract of every store, and what is its own: files, crashes, damage. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  mkdtemp,
  open,
  readdir,
  readFile,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import Database from "better-sqlite3";
import { writesWaitingMax } from "#storage/store/sql.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { logEvent, modelRecord, runRecord, time } from "#test/contracts/records.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { storeContract } from "#test/contracts/store.ts";

async function newPath(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-store-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return join(dir, "data", "linnet.db");
}

async function openAt(t: TestContext, path: string) {
  const store = await openSqliteStore({ path });
  t.after(() => store[Symbol.asyncDispose]());
  return store;
}

storeContract("SQLite", async (t) => openAt(t, await newPath(t)));

describe("a SQLite store", () => {
  it("keeps what was written when it is opened again", async (t) => {
    const path = await newPath(t);
    const record = runRecord();
    const first = await openAt(t, path);
    await first.write((writer) => writer.insertRun(record));
    await first[Symbol.asyncDispose]();
    const second = await openAt(t, path);
    assert.deepEqual(await second.read((reader) => reader.run(record.run.id)), record);
  });

  it("sees what another process or handle has committed", async (t) => {
    const path = await newPath(t);
    const [one, other] = [await openAt(t, path), await openAt(t, path)];
    const model = modelRecord();
    await one.write((writer) => writer.insertModel(model));
    assert.deepEqual(await other.read((reader) => reader.model(model.id)), model);
  });

  it("refuses writes when too many wait", async (t) => {
    const store = await openAt(t, await newPath(t));
    const gate = Promise.withResolvers<void>();
    const held = store.write(() => gate.promise);
    const waiting = Array.from({ length: writesWaitingMax }, () =>
      store.write(async () => undefined),
    );
    await assert.rejects(
      store.write(async () => undefined),
      refusal("queue_full"),
    );
    gate.resolve();
    await Promise.all([held, ...waiting]);
    await store.write(async () => undefined);
  });

  it("is consistent after its process was killed in the middle of appends", async (t) => {
    const path = await newPath(t);
    const record = runRecord();
    const { id } = record.run;
    const before = await openAt(t, path);
    await before.write((writer) => writer.insertRun(record));
    await before[Symbol.asyncDispose]();
    let acknowledged = 0;
    for (let kill = 1; kill <= 3; kill += 1) {
      acknowledged = await appendUntilKilled({ path, run: id, lines: 20 * kill });
      const store = await openAt(t, path);
      const stored = await store.read((reader) => reader.run(id));
      const events = await store.read((reader) => reader.events(id, { after: 0, limit: 10_000 }));
      assert.deepEqual(
        events.map((event) => event.seq),
        events.map((_, i) => i + 1),
      );
      assert.equal(stored?.run.last_seq, events.length);
      assert.ok(events.length >= acknowledged, "what was acknowledged is there");
      assert.equal(events.length % 3, 0, "a transaction is there whole or not at all");
      await store[Symbol.asyncDispose]();
    }
    assert.ok(acknowledged > 0);
  });
});

/** Appends three events a transaction in a child, and kills it at a line; the last seq it told. */
async function appendUntilKilled(work: { path: string; run: string; lines: number }) {
  const program = join(import.meta.dirname, "appender.ts");
  const child = spawn(process.execPath, [program, work.path, work.run], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exit = once(child, "exit");
  let [lines, last] = [0, 0];
  for await (const line of createInterface({ input: child.stdout })) {
    lines += 1;
    last = Number(line);
    if (lines === work.lines) child.kill("SIGKILL");
  }
  assert.deepEqual(await exit, [null, "SIGKILL"]);
  return last;
}

describe("opening a SQLite store", () => {
  it("refuses a file that is not a database, and leaves it alone", async (t) => {
    const path = await newPath(t);
    await (await openAt(t, path))[Symbol.asyncDispose]();
    const text = "This is a letter, not a database. ".repeat(400);
    await writeFile(path, text);
    await assert.rejects(openSqliteStore({ path }), refusal("storage_corrupt"));
    assert.equal(await readFile(path, "utf8"), text);
  });

  it("refuses a database with damaged pages", async (t) => {
    const path = await newPath(t);
    const store = await openAt(t, path);
    const record = runRecord();
    await store.write(async (writer) => {
      await writer.insertRun(record);
      for (let i = 0; i < 20; i += 1) {
        const events = Array.from({ length: 50 }, (_, j) => logEvent(i, `${i}:${j}`));
        await writer.append(record.run.id, time, events);
      }
    });
    await store[Symbol.asyncDispose]();
    const { size } = await stat(path);
    const file = await open(path, "r+");
    await file.write(Buffer.alloc(3 * 4096, 0xa5), 0, 3 * 4096, Math.floor(size / 8192) * 4096);
    await file.close();
    await assert.rejects(openSqliteStore({ path }), refusal("storage_corrupt"));
  });

  it("refuses a truncated database", async (t) => {
    const path = await newPath(t);
    await (await openAt(t, path))[Symbol.asyncDispose]();
    const file = await open(path, "r+");
    await file.truncate(2 * 4096);
    await file.close();
    await assert.rejects(openSqliteStore({ path }), refusal("storage_corrupt"));
  });

  it("refuses a database that was cut to nothing, and leaves nothing behind", async (t) => {
    const path = await newPath(t);
    await (await openAt(t, path))[Symbol.asyncDispose]();
    assert.deepEqual(await readdir(dirname(path)), [basename(path)]);
    await truncate(path, 0);
    await assert.rejects(openSqliteStore({ path }), refusal("storage_corrupt"));
  });

  it("refuses a database that a newer Linnet wrote, and leaves it alone", async (t) => {
    const path = await newPath(t);
    await (await openAt(t, path))[Symbol.asyncDispose]();
    const database = new Database(path);
    database.prepare("update schema_version set version = 99").run();
    await assert.rejects(openSqliteStore({ path }), (error) => {
      assert.ok(refusal("conflict")(error));
      assert.match(String(error), /newer Linnet \(schema 99/);
      return true;
    });
    assert.deepEqual(database.prepare("select version from schema_version").all(), [
      { version: 99 },
    ]);
    database.close();
  });

  it("says so when the folder cannot be written", async (t) => {
    if (process.getuid?.() === 0) return t.skip("root may write anywhere");
    const path = await newPath(t);
    await (await openAt(t, path))[Symbol.asyncDispose]();
    await chmod(path, 0o444);
    await assert.rejects(openSqliteStore({ path }), /check its folder and its mode/);
  });

  it("says so when the path is a folder", async (t) => {
    const path = await newPath(t);
    await (await openAt(t, join(path, "inner.db")))[Symbol.asyncDispose]();
    await assert.rejects(openSqliteStore({ path }), /check its folder and its mode/);
  });
});
