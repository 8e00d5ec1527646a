/**
 * The store in one SQLite file: opening it, its settings, and what its errors mean. WAL lets
 * readers go on while one writer writes; `synchronous = full` makes a commit survive a power cut.
 */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { access, constants, link, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { Kysely, type SqliteDatabase, SqliteDialect, type SqliteStatement } from "kysely";
import type { Failpoint } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import { hasCode, whenMissing } from "#storage/file-errors.ts";
import { makeFolder } from "#storage/folders.ts";
import type { StorageLog } from "#storage/log.ts";
import type { Store } from "#storage/store.ts";
import { sqliteDialect } from "./dialect.ts";
import { migrate } from "./migrations.ts";
import type { Tables } from "./schema.ts";
import { SqlStore, transact } from "./sql.ts";
import type { OpenTables } from "./transfer.ts";

export interface SqliteOptions {
  /** A file; its folder is made. Not `:memory:`, since reader and writer must see one database. */
  readonly path: string;
  readonly log?: StorageLog;
  readonly failpoint?: Failpoint | undefined;
}

/** How long a statement waits for another process; the event loop waits with it. */
const busyMs = 2000;
/** Prepared statements that a connection keeps. */
const statementsMax = 256;
/** A larger file is not read through when it is opened. */
const checkBytesMax = 512 * 1024 * 1024;
/** The write-ahead log is cut to this size after a checkpoint. */
const walBytesMax = 64 * 1024 * 1024;

const settings = [
  "journal_mode = wal",
  "synchronous = full",
  "foreign_keys = on",
  `journal_size_limit = ${walBytesMax}`,
] as const;

function corrupt(path: string, cause: unknown): Failure {
  return new Failure(
    "storage_corrupt",
    `${path} is damaged or not a database. Restore it from a backup, or move it away together ` +
      "with its -wal and -shm files to begin anew.",
    { cause },
  );
}

/** What the driver's errors mean to the caller. */
function translate(path: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code } = error;
  if (code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB") return corrupt(path, error);
  if (code === "SQLITE_FULL") {
    return new Failure("storage_full", `There is no room left to write ${path}.`, { cause: error });
  }
  if (code.startsWith("SQLITE_BUSY")) {
    return new Error(`${path} is locked by another process.`, { cause: error });
  }
  if (code.startsWith("SQLITE_CANTOPEN") || code.startsWith("SQLITE_READONLY")) {
    return new Error(`${path} cannot be opened for writing: check its folder and its mode.`, {
      cause: error,
    });
  }
  return error;
}

/** Keeps prepared statements, which kysely would make anew for every query. */
function withStatements(database: Database.Database): SqliteDatabase {
  const statements = new Map<string, SqliteStatement>();
  return {
    close: () => database.close(),
    prepare: (text) => {
      let statement = statements.get(text);
      if (statement === undefined) {
        statement = database.prepare(text);
        if (statements.size >= statementsMax) statements.clear();
        statements.set(text, statement);
      }
      return statement;
    },
  };
}

function handle(database: Database.Database): Kysely<Tables> {
  return new Kysely({ dialect: new SqliteDialect({ database: withStatements(database) }) });
}

/**
 * Makes the database under another name first, so that a file under its own name is never empty:
 * one that is has lost what it held. Whoever makes it at the same time wins once.
 */
async function makeUnlessThere(options: SqliteOptions): Promise<void> {
  const found = await stat(options.path).catch(whenMissing(undefined));
  if (found !== undefined && found.size === 0) throw corrupt(options.path, "it is empty");
  if (found !== undefined) return;
  const path = `${options.path}.${randomUUID()}`;
  try {
    const database = await openWriter({ ...options, path });
    database.close();
    await link(path, options.path).catch((error: unknown) => {
      if (!hasCode(error, "EEXIST")) throw error;
    });
  } finally {
    for (const suffix of ["", "-wal", "-shm"]) await rm(path + suffix, { force: true });
  }
}

/**
 * Reads the whole file once, unless it is very large: that pages hang together, and that tables
 * and indexes agree. What rows say is looked at when they are read (seals.ts).
 */
async function checkWhole(database: Database.Database, log?: StorageLog): Promise<void> {
  const { size } = await stat(database.name);
  if (size > checkBytesMax) {
    log?.info({ path: database.name, bytes: size }, "database too large to be checked at start");
    return;
  }
  const found = database.pragma("integrity_check(1)", { simple: true });
  if (found !== "ok") throw corrupt(database.name, found);
}

async function openWriter({ path, log }: SqliteOptions): Promise<Database.Database> {
  const database = new Database(path, { timeout: busyMs });
  try {
    for (const setting of settings) database.pragma(setting);
    await checkWhole(database, log);
    await transact(handle(database), { dialect: sqliteDialect }, (db) =>
      migrate(db, sqliteDialect),
    );
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Opens or makes the database, and brings its tables up to date. Failure `storage_corrupt` when
 * the file is damaged, `conflict` when a newer Linnet wrote it.
 */
export async function openSqliteStore(options: SqliteOptions): Promise<Store> {
  const { path } = options;
  assert(path !== "" && path !== ":memory:", "the store needs a file");
  await makeFolder(dirname(path));
  try {
    await makeUnlessThere(options);
    const writer = await openWriter(options);
    const reader = new Database(path, { readonly: true, fileMustExist: true, timeout: busyMs });
    return new SqlStore({
      reader: handle(reader),
      writer: handle(writer),
      dialect: sqliteDialect,
      failpoint: options.failpoint,
      translate: (error) => translate(path, error),
      probe: () => access(path, constants.W_OK),
      close: async () => {
        reader.close();
        writer.close();
      },
    });
  } catch (error) {
    throw translate(path, error);
  }
}

/**
 * The tables of a file for this process alone. Failure `in_use` when another one has it open, or
 * else as `openSqliteStore`; `mustExist` refuses to make one, with `not_found`.
 */
export async function openSqliteTables(
  options: SqliteOptions,
  { mustExist }: { readonly mustExist: boolean },
): Promise<OpenTables> {
  const { path } = options;
  const found = await stat(path).catch(whenMissing(undefined));
  if (found === undefined && mustExist) {
    throw new Failure("not_found", `There is no database at ${path}.`);
  }
  await makeFolder(dirname(path));
  try {
    await makeUnlessThere(options);
    const database = new Database(path, { timeout: busyMs });
    try {
      database.pragma("locking_mode = exclusive");
      for (const setting of settings) database.pragma(setting);
      const db = handle(database);
      await transact(db, { dialect: sqliteDialect }, (writer) => migrate(writer, sqliteDialect));
      return {
        db,
        translate: (error) => translate(path, error),
        [Symbol.asyncDispose]: async () => void database.close(),
      };
    } catch (error) {
      database.close();
      throw error;
    }
  } catch (error) {
    const isBusy = error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY");
    if (!isBusy) throw translate(path, error);
    const message = `${path} is in use. Stop the service that has it, and try again.`;
    throw new Failure("in_use", message, { cause: error });
  }
}
