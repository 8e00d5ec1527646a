/**
 * A Store over two kysely handles, whatever the dialect: transactions, their order, and their end.
 * Opening a database is the dialect's own file.
 */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import type {
  Kysely,
  KyselyPlugin,
  PluginTransformQueryArgs,
  PluginTransformResultArgs,
} from "kysely";
import { sql } from "kysely";
import type { Failpoint } from "#src/failpoints.ts";
import { Failure } from "#src/failure.ts";
import type { Reader, Store, Writer } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { SqlReader } from "./reader.ts";
import type { Tables } from "./schema.ts";
import { Turns } from "./turns.ts";
import { SqlWriter } from "./writer.ts";

/** Writes that may wait while others are under way. */
export const writesWaitingMax = 1000;
/** How often a transaction is tried that stands in another's way; the wait after the first. */
const triesMax = 8;
const retryMs = 10;

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

export interface TransactOptions {
  readonly dialect: SqlDialect;
  readonly failpoint?: Failpoint | undefined;
}

/** Commits what `body` did, or nothing of it when it throws. */
export async function transact<T>(
  db: Kysely<Tables>,
  { dialect, failpoint }: TransactOptions,
  body: (transaction: Kysely<Tables>) => Promise<T>,
): Promise<T> {
  return db.connection().execute(async (connection) => {
    const scope = new TransactionScope();
    await sql.raw(dialect.begin).execute(connection);
    try {
      const result = await body(connection.withPlugin(scope));
      scope.close();
      failpoint?.("before_commit");
      await commit(connection);
      failpoint?.("after_commit");
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

/** A database that undoes what it was to keep says so in its answer, not by an error. */
async function commit(connection: Kysely<Tables>): Promise<void> {
  const { rows } = await sql.raw<{ readonly command?: string }>("commit").execute(connection);
  assert(rows[0]?.command !== "ROLLBACK", "a query failed, and the body of the write went on");
}

export interface SqlConnections extends TransactOptions {
  /** Sees what is committed, and never waits for the writer. */
  readonly reader: Kysely<Tables>;
  readonly writer: Kysely<Tables>;
  /** The refusal that an error of the driver amounts to, or the error itself. */
  readonly translate: (error: unknown) => unknown;
  /** Rejects when the database cannot be written. */
  readonly probe: () => Promise<void>;
  readonly close: () => Promise<void>;
}

export class SqlStore implements Store {
  readonly #connections: SqlConnections;
  readonly #tenant: string | null;
  readonly #reader: Reader;
  readonly #turns: Turns;
  /** The store that this is one tenant's view of. */
  readonly #whole: SqlStore | undefined;
  #closing: Promise<void> | undefined;

  constructor(connections: SqlConnections, view?: { whole: SqlStore; tenant: string }) {
    this.#connections = connections;
    this.#tenant = view?.tenant ?? null;
    this.#whole = view?.whole;
    const { dialect, reader } = connections;
    this.#turns = view === undefined ? new Turns(dialect.writersMax) : view.whole.#turns;
    this.#reader = new SqlReader(reader, { dialect, tenant: this.#tenant });
  }

  of(tenant: string): Store {
    assert(this.#whole === undefined, "one tenant's view leads to no other");
    return new SqlStore(this.#connections, { whole: this, tenant });
  }

  async read<T>(body: (reader: Reader) => Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    try {
      return await this.#again(() => body(this.#reader));
    } catch (error) {
      // A body that was under way when the store closed finds its connection gone.
      if (!(error instanceof Failure)) this.#refuseWhenClosed();
      throw this.#connections.translate(error);
    }
  }

  async write<T>(body: (writer: Writer) => Promise<T>): Promise<T> {
    this.#refuseWhenClosed();
    const endTurn = await this.#turns.take(writesWaitingMax);
    try {
      return await this.#untilDone(body);
    } catch (error) {
      throw this.#connections.translate(error);
    } finally {
      endTurn();
    }
  }

  #untilDone<T>(body: (writer: Writer) => Promise<T>): Promise<T> {
    const { writer, dialect, failpoint } = this.#connections;
    return this.#again(() =>
      transact(writer, { dialect, failpoint }, (db) =>
        body(new SqlWriter(db, dialect, this.#tenant)),
      ),
    );
  }

  /** Tries again what two transactions kept each other from; chance keeps them apart then. */
  async #again<T>(attempt: () => Promise<T>): Promise<T> {
    const { dialect } = this.#connections;
    for (let tried = 1; ; tried += 1) {
      try {
        return await attempt();
      } catch (error) {
        if (tried >= triesMax || !dialect.isRetryable?.(error)) throw error;
        await delay(Math.random() * retryMs * 2 ** tried);
      }
    }
  }

  async check(): Promise<void> {
    await this.read((reader) => reader.countRuns(["queued"]));
    await this.#connections.probe();
  }

  /** Writes that wait already are still done. */
  [Symbol.asyncDispose](): Promise<void> {
    if (this.#whole !== undefined) return Promise.resolve();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { writersMax } = this.#connections.dialect;
    const all = Array.from({ length: writersMax }, () =>
      this.#turns.take(Number.POSITIVE_INFINITY),
    );
    await Promise.all(all);
    await this.#connections.close();
  }

  #refuseWhenClosed(): void {
    const whole = this.#whole ?? this;
    if (whole.#closing !== undefined) throw new Failure("shutting_down", "The store is closed.");
  }
}
