/** The step of the migrations that gives seals to rows which were written before there were any. */
import { type Kysely, sql } from "kysely";
import type { SqlDialect } from "./dialect.ts";
import type { Tables } from "./schema.ts";
import { logSealOf, sealOf } from "./seals.ts";

/** Rows that are read and sealed at once. */
const rowsPerTurn = 500;

/** Tables, each with the columns by which its rows are told apart. */
const keys = {
  runs: ["id"],
  events: ["run", "seq"],
  models: ["id"],
  datasets: ["id"],
  snapshots: ["run", "id"],
  checkpoints: ["run", "id"],
  answers: ["tenant", "key"],
  sweeps: ["id"],
  ntks: ["id"],
  api_keys: ["id"],
  uploads: ["id"],
} as const satisfies Readonly<Partial<Record<keyof Tables, readonly string[]>>>;

type Row = Readonly<Record<string, string | number | null>>;

const tuple = (values: readonly (string | number | null)[]) => sql`(${sql.join(values)})`;

/** Rows in the order of their keys, after the last one seen. */
async function rowsAfter(
  db: Kysely<Tables>,
  table: keyof typeof keys,
  last: Row | undefined,
): Promise<readonly Row[]> {
  const columns = keys[table];
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const after =
    last === undefined
      ? sql`1 = 1`
      : sql`(${names}) > ${tuple(columns.map((column) => last[column] ?? null))}`;
  const { rows } = await sql<Row>`
    select * from ${sql.table(table)} where ${after} order by ${names} limit ${rowsPerTurn}
  `.execute(db);
  return rows;
}

/** What a table's rows are sealed with; columns that are only being added are no part of it. */
async function sealRow(db: Kysely<Tables>, table: keyof typeof keys, row: Row): Promise<void> {
  const columns = keys[table];
  const names = sql.join(columns.map((column) => sql.ref(column)));
  const values = tuple(columns.map((column) => row[column] ?? null));
  const end =
    table === "runs"
      ? sql`, log_seal = ${logSealOf({
          id: String(row["id"]),
          epoch: String(row["epoch"]),
          last_seq: Number(row["last_seq"]),
        })}`
      : sql``;
  await sql`
    update ${sql.table(table)} set seal = ${sealOf(row)}${end} where (${names}) = ${values}
  `.execute(db);
}

/** Adds the columns of seals, and of bytes to models; seals every row that is there. */
export async function addSeals(db: Kysely<Tables>, dialect: SqlDialect): Promise<void> {
  const integer = sql.raw<number>(dialect.integerType);
  const add = (table: keyof Tables, column: string) =>
    db.schema
      .alterTable(table)
      .addColumn(column, integer, (definition) => definition.notNull().defaultTo(0))
      .execute();
  await add("models", "bytes");
  await add("runs", "log_seal");
  for (const table of Object.keys(keys) as (keyof typeof keys)[]) {
    await add(table, "seal");
    let rows = await rowsAfter(db, table, undefined);
    while (rows.length > 0) {
      for (const row of rows) await sealRow(db, table, row);
      rows = await rowsAfter(db, table, rows.at(-1));
    }
  }
}
