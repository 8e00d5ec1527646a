/**
 * A Store over two kysely handles, whatever the dialect: transactions, their order, and their end.
 * Opening a database is the dialect's own file.
 */
import assert from "node:assert/strict";
import type {
  Kysely,
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
} from "kysely";
import { sql } from "kysely";
import { Failure } from "#src/failure.ts";
import type { Reader, Store, Writer } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { SqlReader } from "./reader.ts";
import type { Tables } from "./schema.ts";
import { Turns } from "./turns.ts";
import { SqlWriter } from "./writer.ts";

/** Writes that may wait while another is under way. */
export const writesWaitingMax = 1000;

/** Refuses queries of a writer that was carried out of its transaction. */
class TransactionScope implements KyselyPlugin {
  #open = true;

  close(): void {
    this.#open = false;
  }

  transformQuery({ node }: PluginTransformQueryArgs): PluginTransformQueryArgs["node"] {
    assert(this.#open, "a writer is used after its transaction; await every call in the body");
    return node;
  }

  async transformResult({ result }: PluginTransformResultArgs) {
    return result;
  }
}

/** Commits what `body` did, or nothing of it when it throws. */
export async function transact<T>(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  body: (transaction: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (connection) => {
    const scope = new TransactionScope();
    await sql.raw(dialect.begin).execute(connection);
    try {
      const result = await body(connection.withPlugin(scope));
      scope.close();
      await sql.raw("commit").execute(connection);
      return result;
    } catch (error) {
      scope.close();
      // The database may have rolled back by itself, and then has nothing left to roll back.
      await sql
        .raw("rollback")
        .execute(connection)
        .catch(() => undefined);
      throw error;
    }
  });
}

export interface SqlConnections {
  /** Sees what is committed, and never waits for the writer. */
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  readonly dialect: SqlDialect;
  /** The refusal that an error of the driver amounts to, or the error itself. */
  readonly translate: (error: unknown) => unknown;
  /** Rejects when the database cannot be written. */
  readonly probe: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export class SqlStore implements Store {
  readonly #connections: SqlConnections;
  readonly #reader: Reader;
  readonly #turns = new Turns();
  #closing: Promise<void> | undefined;

  constructor(connections: SqlConnections) {
    this.#connections = connections;
    this.#reader = new SqlReader(connections.reader);
  }

  async read<T>(body: (reader: Reader) => Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    try {
      return await body(this.#reader);
    } catch (error) {
      // A body that was under way when the store closed finds its connection gone.
      if (!(error instanceof Failure)) this.#refuseWhenClosed();
      throw this.#connections.translate(error);
    }
  }

  async write<T>(body: (writer: Writer) => Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    const { writer, dialect, translate } = this.#connections;
    const endTurn = await this.#turns.take(writesWaitingMax);
    try {
      return await transact(writer, dialect, (db) => body(new SqlWriter(db, dialect)));
    } catch (error) {
      throw translate(error);
    } finally {
      endTurn();
    }
  }

  async check(): Promise<void> {
    await this.read((reader) => reader.countRuns(["queued"]));
    await this.#connections.probe();
  }

  /** Writes that wait already are still done. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#turns.take(Number.POSITIVE_INFINITY);
    await this.#connections.close();
  }

  #refuseWhenClosed(): void {
    if (this.#closing !== undefined) throw new Failure("shutting_down", "The store is closed.");
  }
}
