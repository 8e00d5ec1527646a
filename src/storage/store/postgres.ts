/**
 * Opens the store on a PostgreSQL database that many processes share: connection pools with limits
 * in time and number, row locks instead of one writer, and migrations under a lock.
 */
import { Kysely, PostgresDialect, type PostgresPool, sql } from "kysely";
import pg from "pg";
import type { Failpoint } from "#src/failpoints.ts";
import type { StorageLog } from "#storage/log.ts";
import type { Store } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { migrate } from "./migrations.ts";
import { isBroken, isRetryable, translate } from "./postgres-errors.ts";
import { statementNames } from "./prepared.ts";
import type { Tables } from "./schema.ts";
import { SqlStore, transact } from "./sql.ts";
import type { OpenTables } from "./transfer.ts";

export interface PostgresOptions {
  /** `postgres://user:password@host:port/database`, as libpq takes it. */
  readonly url: string;
  /** Connections of this process, shared by those that write and those that only read. */
  readonly connectionsMax: number;
  readonly log?: StorageLog;
  readonly failpoint?: Failpoint | undefined;
}

/** How long a connection may take to come about, or to become free. */
const connectMs = 5000;
const statementMs = 30_000;
/** On this side of a network that may be cut: longer than the server's own limit. */
const answerMs = statementMs + 5000;
/** How long a statement waits for a row that another transaction holds. */
const lockMs = 10_000;
/** A transaction whose process is silent for longer is undone, so that it holds no row. */
const silentMs = 10_000;
/** How long a connection without work is kept. */
const idleMs = 30_000;
/** Of the advisory lock under which the tables are made. */
const migrationLock = 0x6c_69_6e_6e;

/**
 * Per cent of a page of runs that is filled at first: a row changes with every batch of events, and
 * one that finds room in its own page leaves all indexes as they are.
 */
const runsFill = 60;

/** Eight-byte integers as numbers: none of ours is beyond 2⁵³. */
const types = {
  getTypeParser: ((id: number, format: "text" | "binary" = "text") =>
    id === pg.types.builtins.INT8
      ? Number
      : format === "text"
        ? pg.types.getTypeParser(id, "text")
        : pg.types.getTypeParser(id, "binary")) as typeof pg.types.getTypeParser,
};

export function postgresDialect(writersMax: number): SqlDialect {
  return {
    begin: "begin isolation level read committed",
    idType: 'text collate "C"',
    integerType: "bigint",
    clockMs: "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)",
    writersMax,
    changesTablesAtOnce: true,
    isRetryable,
    tune: async (db) => {
      await sql`alter table runs set (fillfactor = ${sql.raw(String(runsFill))})`.execute(db);
    },
    alone: async (db, name) => {
      await sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`.execute(db);
    },
  };
}

/** What every connection to the database is opened with, wake-ups' included. */
export function connectionOptions(url: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: "linnet",
    connectionTimeoutMillis: connectMs,
    query_timeout: answerMs,
    statement_timeout: statementMs,
    lock_timeout: lockMs,
    idle_in_transaction_session_timeout: silentMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: connectMs,
    types,
  };
}

/** A pool whose connections do not come back once one of their answers was lost. */
function openPool({ url, log }: PostgresOptions, max: number, patience: pg.ClientConfig = {}) {
  const settings = { ...connectionOptions(url), ...patience };
  const pool = new pg.Pool({ ...settings, max, idleTimeoutMillis: idleMs });
  const lost = (err: Error): void => log?.warn({ err }, "a connection to the database was lost");
  pool.on("error", lost);
  // One that is in use tells its user too, by the answer that does not come.
  pool.on("connect", (client) => void client.on("error", lost));
  const nameOf = statementNames();
  const sound: PostgresPool = {
    options: pool.options,
    // Ended below: kysely leaves one alone that nothing has used yet.
    end: async () => undefined,
    connect: async () => {
      const client = await pool.connect();
      let isLost = false;
      const query = async (text: string, parameters?: readonly unknown[]) => {
        try {
          const name = nameOf(text);
          const values = [...(parameters ?? [])];
          return await client.query({ text, values, ...(name === undefined ? {} : { name }) });
        } catch (error) {
          isLost ||= isBroken(error);
          throw error;
        }
      };
      // Of the two ways to ask, the other one is for cursors, which this store does not use.
      return { query, release: () => client.release(isLost) } as unknown as Awaited<
        ReturnType<PostgresPool["connect"]>
      >;
    },
  };
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: sound }) });
  const close = async (): Promise<void> => {
    await db.destroy();
    await pool.end();
  };
  return { db, close };
}

/** Replicas that start together take turns; all but the first find nothing left to do. */
async function migrateAlone(options: PostgresOptions, dialect: SqlDialect): Promise<void> {
  const patience = { query_timeout: 0, statement_timeout: 0, lock_timeout: 0 };
  const pool = openPool(options, 1, patience);
  try {
    await transact(pool.db, { dialect }, async (db) => {
      await sql`select pg_advisory_xact_lock(${migrationLock})`.execute(db);
      await migrate(db, dialect);
    });
  } catch (error) {
    throw translate(error);
  } finally {
    await pool.close();
  }
}

/**
 * Connects, and brings the tables up to date. Failure `storage_unavailable` when the database
 * cannot be reached, `conflict` when a newer Linnet wrote it.
 */
export async function openPostgresStore(options: PostgresOptions): Promise<Store> {
  const writersMax = Math.max(1, Math.floor(options.connectionsMax / 2));
  const dialect = postgresDialect(writersMax);
  await migrateAlone(options, dialect);
  const writer = openPool(options, writersMax);
  const reader = openPool(options, Math.max(1, options.connectionsMax - writersMax));
  return new SqlStore({
    reader: reader.db,
    writer: writer.db,
    dialect,
    failpoint: options.failpoint,
    translate,
    // A standby answers questions, and refuses this one.
    probe: async () => {
      await transact(writer.db, { dialect }, (db) => sql`select txid_current()`.execute(db));
    },
    close: async () => {
      await Promise.all([reader.close(), writer.close()]);
    },
  });
}

/** The tables themselves, for who copies them; errors are translated by the caller. */
export async function openPostgresTables(options: PostgresOptions): Promise<OpenTables> {
  await migrateAlone(options, postgresDialect(1));
  const { db, close } = openPool(options, options.connectionsMax);
  return { db, translate, [Symbol.asyncDispose]: close };
}
