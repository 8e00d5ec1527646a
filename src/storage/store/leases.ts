/** Leases over SQL, and the runs that they are on. */
import { type Kysely, type RawBuilder, type Selectable, sql } from "kysely";
import { Failure } from "#src/failure.ts";
import type { HeldLease, Lease, Leases } from "#storage/leases.ts";
import type { SqlDialect } from "./dialect.ts";
import type { RunTable, Tables } from "./schema.ts";

/** Leases that one statement renews. */
const renewedAtOnceMax = 1000;

export class SqlLeases implements Leases {
  readonly #db: Kysely<Tables>;
  readonly #dialect: SqlDialect;

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db;
    this.#dialect = dialect;
  }

  get #nowMs() {
    return sql<number>`${sql.raw(this.#dialect.clockMs)}`;
  }

  async grant({ id, owner, epoch }: Lease, forMs: number): Promise<void> {
    const expires_ms = sql<number>`${this.#nowMs} + ${forMs}`;
    await this.#db
      .insertInto("leases")
      .values({ id, owner, epoch, expires_ms })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ owner, epoch, expires_ms }))
      .execute();
  }

  async hold({ id, owner, epoch }: Lease): Promise<void> {
    const row = await this.#db
      .selectFrom("leases")
      .select("id")
      .where("id", "=", id)
      .where("owner", "=", owner)
      .where("epoch", "=", epoch)
      .$if(this.#dialect.writersMax > 1, (query) => query.forUpdate())
      .executeTakeFirst();
    if (row !== undefined) return;
    throw new Failure("lease_lost", `The lease ${epoch} on ${id} is not in force any more.`);
  }

  async of(id: string): Promise<HeldLease | undefined> {
    const row = await this.#db
      .selectFrom("leases")
      .select(["owner", "epoch", sql<number>`expires_ms <= ${this.#nowMs}`.as("over")])
      .where("id", "=", id)
      .$if(this.#dialect.writersMax > 1, (query) => query.forUpdate())
      .executeTakeFirst();
    if (row === undefined) return undefined;
    return { id, owner: row.owner, epoch: Number(row.epoch), isOver: Boolean(row.over) };
  }

  async renew(leases: readonly Lease[], forMs: number): Promise<ReadonlySet<string>> {
    const kept = new Set<string>();
    // Always in the same order, so that no two of these wait for each other.
    const sorted = leases.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    for (let at = 0; at < sorted.length; at += renewedAtOnceMax) {
      const some = sorted.slice(at, at + renewedAtOnceMax);
      const named = some.map(
        ({ id, owner, epoch }) => sql`(id = ${id} and owner = ${owner} and epoch = ${epoch})`,
      );
      const { rows } = await sql<{ readonly id: string }>`
        update leases set expires_ms = ${this.#nowMs} + ${forMs}
        where ${sql.join(named, sql` or `)} returning id`.execute(this.#db);
      for (const { id } of rows) kept.add(id);
    }
    return kept;
  }

  async release(id: string): Promise<void> {
    await this.#db.deleteFrom("leases").where("id", "=", id).execute();
  }
}

/** The row of the run that a lease is on, if it is in force; both stay so in a transaction. */
export async function runOfLease(
  db: Kysely<Tables>,
  of: {
    readonly lease: Lease;
    readonly dialect: SqlDialect;
    readonly isOurs: RawBuilder<boolean>;
  },
): Promise<Selectable<RunTable> | undefined> {
  const { id, owner, epoch } = of.lease;
  return db
    .selectFrom("runs")
    .innerJoin("leases", "leases.id", "runs.id")
    .selectAll("runs")
    .where("runs.id", "=", id)
    .where("leases.owner", "=", owner)
    .where("leases.epoch", "=", epoch)
    .where(of.isOurs)
    .$if(of.dialect.writersMax > 1, (query) => query.forUpdate())
    .executeTakeFirst();
}

/** Ids whose lease is over, is this owner's, or is missing: what nobody else works on. */
export async function leasesToTake(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  { owner, limit }: { readonly owner: string; readonly limit: number },
): Promise<readonly string[]> {
  const { rows } = await sql<{ readonly id: string }>`
    select id from (
      select id from leases where expires_ms <= ${sql.raw(dialect.clockMs)}
      union select id from leases where owner = ${owner}
      union select id from runs
        where status in ('starting', 'running', 'pausing', 'cancelling')
          and not exists (select 1 from leases where leases.id = runs.id)
    ) as free order by id limit ${limit}`.execute(db);
  return rows.map(({ id }) => id);
}
