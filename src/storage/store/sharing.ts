/** The step of the migrations that lets several processes share one store. */
import { type Kysely, sql } from "kysely";
import type { SqlDialect } from "./dialect.ts";
import type { Tables } from "./schema.ts";

/** Columns by which runs are claimed; the index holds all that a claim looks at. */
async function addQueue(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const integer = sql.raw<number>(dialect.integerType);
  const whole = (column: "priority" | "needs_bytes", value: number) =>
    db.schema
      .alterTable("runs")
      .addColumn(column, integer, (definition) => definition.notNull().defaultTo(value))
      .execute();
  await whole("priority", 1);
  await whole("needs_bytes", 0);
  await db.schema
    .alterTable("runs")
    .addColumn("device", "text", (definition) => definition.notNull().defaultTo("auto"))
    .execute();
  await sql`create index runs_queue on runs
    (priority, tenant, id, not_before_ms, needs_bytes, device) where status = 'queued'`.execute(db);
}

/** Runs that a trainer had are nobody's now: their leases are over from the start. */
async function createLeases(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema
    .createTable("leases")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("owner", id, (column) => column.notNull())
    .addColumn("epoch", integer, (column) => column.notNull())
    .addColumn("expires_ms", integer, (column) => column.notNull())
    .execute();
  await db.schema.createIndex("leases_expiry").on("leases").column("expires_ms").execute();
  await db.schema.createIndex("leases_owner").on("leases").column("owner").execute();
  await sql`insert into leases (id, owner, epoch, expires_ms)
    select id, '', 0, 0 from runs
    where status in ('starting', 'running', 'pausing', 'cancelling')`.execute(db);
}

/** What replicas leave for each other (storage/fleet.ts). */
async function createFleet(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema
    .createTable("workers")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("seen_ms", integer, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("errands")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("expires_ms", integer, (column) => column.notNull())
    .addColumn("owner", id)
    .addColumn("request", "text", (column) => column.notNull())
    .addColumn("answer", "text")
    .execute();
  await db.schema
    .createTable("tickets")
    .addColumn("digest", id, (column) => column.primaryKey().notNull())
    .addColumn("caller", "text", (column) => column.notNull())
    .addColumn("expires_ms", integer, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("turns")
    .addColumn("name", id, (column) => column.primaryKey().notNull())
    .addColumn("taken_ms", integer, (column) => column.notNull())
    .execute();
}

export async function addSharing(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  await addQueue(db, dialect);
  await createLeases(db, dialect);
  await createFleet(db, dialect);
}
