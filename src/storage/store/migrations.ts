/**
 * How the tables came to be: numbered steps, forward only. A step that was released is never
 * edited; a later one mends it.
 */
import { type Kysely, sql } from "kysely";
import { Failure } from "#src/failure.ts";
import { usualTenant } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { parseDocument } from "./rows.ts";
import type { Tables } from "./schema.ts";
import { addSeals } from "./sealing.ts";
import { addSharing } from "./sharing.ts";

type Migration = (db: Kysely<Tables>, dialect: SqlDialect) => Promise<void>;

async function createRuns(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema
    .createTable("runs")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("model", id, (column) => column.notNull())
    .addColumn("dataset", id, (column) => column.notNull())
    .addColumn("version", integer, (column) => column.notNull())
    .addColumn("not_before_ms", integer, (column) => column.notNull())
    .addColumn("epoch", "text", (column) => column.notNull())
    .addColumn("last_seq", integer, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  for (const column of ["status", "model", "dataset"] as const) {
    await db.schema.createIndex(`runs_${column}`).on("runs").columns([column, "id"]).execute();
  }
}

/**
 * An ordinary table, because events are large for a clustered one: rows are then appended at the
 * end of the file whatever the run, and the three indexes stay small.
 */
async function createEvents(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema
    .createTable("events")
    .addColumn("run", id, (column) => column.notNull().references("runs.id").onDelete("cascade"))
    .addColumn("seq", integer, (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("key", id)
    .addColumn("time", "text", (column) => column.notNull())
    .addColumn("from_step", integer)
    .addColumn("to_step", integer)
    .addColumn("data", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("events_position", ["run", "seq"])
    .execute();
  await db.schema
    .createIndex("events_key")
    .unique()
    .on("events")
    .columns(["run", "key"])
    .where("key", "is not", null)
    .execute();
  await db.schema.createIndex("events_kind").on("events").columns(["run", "kind", "seq"]).execute();
  await db.schema
    .createIndex("events_steps")
    .on("events")
    .columns(["run", "kind", "to_step"])
    .where("to_step", "is not", null)
    .execute();
}

async function createCatalog(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  for (const table of ["models", "datasets"] as const) {
    await db.schema
      .createTable(table)
      .addColumn("id", sql.raw(dialect.idType), (column) => column.primaryKey().notNull())
      .addColumn("digest", "text", (column) => column.notNull())
      .addColumn("document", "text", (column) => column.notNull())
      .execute();
  }
}

async function createRunParts(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const part = (table: "snapshots" | "checkpoints") =>
    db.schema
      .createTable(table)
      .addColumn("run", id, (column) => column.notNull().references("runs.id").onDelete("cascade"))
      .addColumn("id", id, (column) => column.notNull())
      .addColumn("digest", "text")
      .addColumn("document", "text", (column) => column.notNull())
      .addPrimaryKeyConstraint(`${table}_id`, ["run", "id"]);
  await part("snapshots").execute();
  await part("checkpoints")
    .addColumn("weights", "text", (column) => column.notNull())
    .execute();
}

async function createAnswers(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  await db.schema
    .createTable("answers")
    .addColumn("key", sql.raw(dialect.idType), (column) => column.primaryKey().notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("response", "text")
    .addColumn("created_ms", sql.raw(dialect.integerType), (column) => column.notNull())
    .execute();
  await db.schema.createIndex("answers_age").on("answers").column("created_ms").execute();
}

async function createSweeps(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema.alterTable("runs").addColumn("sweep", id).execute();
  await db.schema.alterTable("runs").addColumn("cell", integer).execute();
  // Unique, so that no cell ever becomes two runs.
  await db.schema
    .createIndex("runs_cell")
    .unique()
    .on("runs")
    .columns(["sweep", "cell"])
    .where("sweep", "is not", null)
    .execute();
  // Cells are counted by status again and again.
  await db.schema
    .createIndex("runs_cell_status")
    .on("runs")
    .columns(["sweep", "status"])
    .where("sweep", "is not", null)
    .execute();
  await db.schema
    .createTable("sweeps")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("version", integer, (column) => column.notNull())
    .addColumn("open", integer, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("sweeps_open").on("sweeps").columns(["open", "id"]).execute();
}

async function createNtks(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  await db.schema
    .createTable("ntks")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("open", sql.raw(dialect.integerType), (column) => column.notNull())
    .addColumn("digest", "text")
    .addColumn("first_inputs", "text")
    .addColumn("second_inputs", "text")
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("ntks_open").on("ntks").columns(["open", "id"]).execute();
}

const owned = ["runs", "models", "datasets", "sweeps", "ntks"] as const;

/** Every row gets a tenant; what was there belongs to the usual one. */
async function addTenants(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  for (const table of owned) {
    await db.schema
      .alterTable(table)
      .addColumn("tenant", sql.raw(dialect.idType), (column) =>
        column.notNull().defaultTo(usualTenant),
      )
      .execute();
    await db.schema.createIndex(`${table}_tenant`).on(table).columns(["tenant", "id"]).execute();
  }
  await db.schema
    .createIndex("runs_tenant_status")
    .on("runs")
    .columns(["tenant", "status"])
    .execute();
}

/** Keys of answers are unique in their tenant, no longer in all of the database. */
async function rebuildAnswers(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  await db.schema.alterTable("answers").renameTo("answers_before").execute();
  await db.schema
    .createTable("answers")
    .addColumn("tenant", id, (column) => column.notNull())
    .addColumn("key", id, (column) => column.notNull())
    .addColumn("payload", "text", (column) => column.notNull())
    .addColumn("response", "text")
    .addColumn("created_ms", sql.raw(dialect.integerType), (column) => column.notNull())
    .addPrimaryKeyConstraint("answers_key", ["tenant", "key"])
    .execute();
  await sql`insert into answers (tenant, key, payload, response, created_ms)
    select ${usualTenant}, key, payload, response, created_ms from answers_before`.execute(db);
  await db.schema.dropTable("answers_before").execute();
  await db.schema.createIndex("answers_created").on("answers").column("created_ms").execute();
}

/** What a tenant has stored is summed from these. */
async function addBytes(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  for (const table of ["datasets", "checkpoints", "snapshots", "ntks"] as const) {
    await db.schema
      .alterTable(table)
      .addColumn("bytes", sql.raw(dialect.integerType), (column) => column.notNull().defaultTo(0))
      .execute();
  }
  for (const table of ["datasets", "checkpoints"] as const) {
    const rows = await db.selectFrom(table).select(["id", "document"]).execute();
    for (const { id, document } of rows) {
      const { bytes } = parseDocument<{ readonly bytes: number }>(document);
      await db.updateTable(table).set({ bytes }).where("id", "=", id).execute();
    }
  }
}

async function createAccess(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const id = sql.raw<string>(dialect.idType);
  const integer = sql.raw<number>(dialect.integerType);
  await db.schema
    .createTable("api_keys")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("tenant", id, (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("uploads")
    .addColumn("id", id, (column) => column.primaryKey().notNull())
    .addColumn("tenant", id, (column) => column.notNull())
    .addColumn("bytes", integer, (column) => column.notNull())
    .addColumn("expires_ms", integer, (column) => column.notNull())
    .addColumn("document", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("uploads_expiry").on("uploads").column("expires_ms").execute();
}

const migrations: readonly Migration[] = [
  async (db, dialect) => {
    for (const create of [createRuns, createEvents, createCatalog, createRunParts, createAnswers]) {
      await create(db, dialect);
    }
  },
  async (db, dialect) => {
    await createSweeps(db, dialect);
    await createNtks(db, dialect);
  },
  async (db, dialect) => {
    for (const change of [addTenants, rebuildAnswers, addBytes, createAccess]) {
      await change(db, dialect);
    }
  },
  addSeals,
  addSharing,
  async (db, dialect) => dialect.tune?.(db),
];

/** The version that this Linnet writes. */
export const schemaVersion = migrations.length;

/**
 * Brings the tables to `schemaVersion`, or only through an older version; the caller holds a
 * transaction. Failure `conflict` when a newer Linnet wrote them.
 */
export async function migrate(
  db: Kysely<Tables>,
  dialect: SqlDialect,
  through: number = schemaVersion,
): Promise<void> {
  await db.schema
    .createTable("schema_version")
    .ifNotExists()
    .addColumn("version", sql.raw(dialect.integerType), (column) => column.notNull())
    .execute();
  const stored = await db.selectFrom("schema_version").select("version").executeTakeFirst();
  const from = Number(stored?.version ?? 0);
  if (from > schemaVersion) {
    throw new Failure(
      "conflict",
      `The database was written by a newer Linnet (schema ${from}; this one knows ` +
        `${schemaVersion}). Start that version, or choose another data folder.`,
    );
  }
  for (const migration of migrations.slice(from, through)) await migration(db, dialect);
  if (stored === undefined) {
    await db.insertInto("schema_version").values({ version: through }).execute();
  } else if (from < through) {
    await db.updateTable("schema_version").set({ version: through }).execute();
  }
}
