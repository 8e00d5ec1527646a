/**
 * Rows from one database to another, as they are: in the order of their keys, in batches, so that
 * what was interrupted goes on; and the proof that both then hold the same.
 */
import { createHash } from "node:crypto";
import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";

/** A database that nobody else uses meanwhile. */
export interface OpenTables extends AsyncDisposable {
  readonly db: Kysely<Tables>;
  /** The refusal that an error of the driver amounts to, or the error itself. */
  readonly translate: (error: unknown) => unknown;
}

type Table = keyof Tables;
type Row = Readonly<Record<string, string | number | bigint | null>>;

/** Table → columns of its key, in an order in which what is pointed at comes first. */
const keys: Readonly<Record<Table, readonly string[] | null>> = {
  // Each database has its own.
  schema_version: null,
  // Bytes of uploads lie on the disk of the machine that took them in.
  uploads: null,
  // Of a process that does not exist any more: passed on as leases whose time is over.
  leases: null,
  workers: null,
  errands: null,
  tickets: null,
  turns: null,
  api_keys: ["id"],
  models: ["id"],
  datasets: ["id"],
  sweeps: ["id"],
  ntks: ["id"],
  runs: ["id"],
  events: ["run", "seq"],
  snapshots: ["run", "id"],
  checkpoints: ["run", "id"],
  answers: ["tenant", "key"],
};

const moved = Object.entries(keys).flatMap(([table, key]) =>
  key === null ? [] : [{ table: table as Table, key }],
);

const rowsPerBatch = 500;

type Key = readonly (string | number | bigint | null)[];

interface Part {
  readonly table: Table;
  readonly key: readonly string[];
}

const names = (columns: readonly string[]) => sql.join(columns.map((column) => sql.ref(column)));

/** The next rows after a key. */
async function rowsAfter(
  db: Kysely<Tables>,
  { table, key }: Part,
  after: Key | undefined,
): Promise<readonly Row[]> {
  const where =
    after === undefined ? sql`` : sql`where (${names(key)}) > (${sql.join([...after])})`;
  const { rows } = await sql<Row>`select * from ${sql.table(table)} ${where}
    order by ${names(key)} limit ${sql.lit(rowsPerBatch)}`.execute(db);
  return rows;
}

const keyOf = (row: Row, { key }: Part): Key => key.map((column) => row[column] ?? null);

async function lastKey(db: Kysely<Tables>, part: Part): Promise<Key | undefined> {
  const falling = sql.join(part.key.map((column) => sql`${sql.ref(column)} desc`));
  const { rows } = await sql<Row>`select * from ${sql.table(part.table)}
    order by ${falling} limit 1`.execute(db);
  return rows[0] === undefined ? undefined : keyOf(rows[0], part);
}

async function insert(db: Kysely<Tables>, { table, key }: Part, rows: readonly Row[]) {
  const columns = Object.keys(rows[0] ?? {});
  const values = rows.map(
    (row) => sql`(${sql.join(columns.map((column) => row[column] ?? null))})`,
  );
  await sql`insert into ${sql.table(table)} (${names(columns)}) values ${sql.join(values)}
    on conflict (${names(key)}) do nothing`.execute(db);
}

/** What is said of each table. */
export interface TableCount {
  readonly table: string;
  readonly rows: number;
}

async function countOf(db: Kysely<Tables>, table: Table): Promise<number> {
  const { rows } = await sql<{ count: number | string }>`select count(*) as count
    from ${sql.table(table)}`.execute(db);
  return Number(rows[0]?.count ?? 0);
}

/** Rows of every table that is moved, and of uploads, which are not. */
export async function countTables({ db }: OpenTables): Promise<readonly TableCount[]> {
  const tables: readonly Table[] = [...moved.map(({ table }) => table), "uploads"];
  const counts: TableCount[] = [];
  for (const table of tables) counts.push({ table, rows: await countOf(db, table) });
  return counts;
}

export interface TransferOptions {
  readonly signal: AbortSignal;
  /** Told after each table: how many rows were added. */
  readonly onTable: (count: TableCount) => void;
}

/** Copies every row that the target does not have. Rows that it has are left as they are. */
export async function copyTables(
  from: OpenTables,
  to: OpenTables,
  { signal, onTable }: TransferOptions,
): Promise<void> {
  for (const part of moved) {
    // Rows arrive in the order of their keys: what is there already is a beginning of the whole.
    let after = await lastKey(to.db, part);
    let added = 0;
    for (;;) {
      signal.throwIfAborted();
      const rows = await rowsAfter(from.db, part, after);
      const last = rows.at(-1);
      if (last === undefined) break;
      await insert(to.db, part, rows);
      added += rows.length;
      after = keyOf(last, part);
    }
    onTable({ table: part.table, rows: added });
  }
}

/**
 * What somebody worked on when the source was last used is for anybody to take back at the target:
 * without a lease it would be nobody's for ever.
 */
export async function passOnLeases(from: OpenTables, to: OpenTables): Promise<void> {
  const leases = await from.db.selectFrom("leases").select(["id", "owner", "epoch"]).execute();
  for (let at = 0; at < leases.length; at += rowsPerBatch) {
    const rows = leases.slice(at, at + rowsPerBatch).map((lease) => ({ ...lease, expires_ms: 0 }));
    await to.db
      .insertInto("leases")
      .values(rows)
      .onConflict((conflict) => conflict.column("id").doNothing())
      .execute();
  }
}

/** SHA-256 over all rows in the order of their keys; integers are text, as databases differ. */
async function digestOf(
  { db }: OpenTables,
  part: Part,
  signal: AbortSignal,
): Promise<{ readonly rows: number; readonly digest: string }> {
  const hash = createHash("sha256");
  let after: Key | undefined;
  let count = 0;
  for (;;) {
    signal.throwIfAborted();
    const rows = await rowsAfter(db, part, after);
    const last = rows.at(-1);
    if (last === undefined) return { rows: count, digest: hash.digest("hex") };
    for (const row of rows) {
      const columns = Object.keys(row).sort();
      const values = columns.map((column) => [column, row[column]?.toString() ?? null]);
      hash.update(JSON.stringify(values));
    }
    count += rows.length;
    after = keyOf(last, part);
  }
}

/** Tables in which the two differ, with what each has of them; empty when they hold the same. */
export async function compareTables(
  from: OpenTables,
  to: OpenTables,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const part of moved) {
    const [here, there] = [await digestOf(from, part, signal), await digestOf(to, part, signal)];
    if (here.rows !== there.rows) {
      faults.push(`${part.table}: ${here.rows} rows here, ${there.rows} there`);
    } else if (here.digest !== there.digest) {
      faults.push(`${part.table}: ${here.rows} rows, of which some differ`);
    }
  }
  return faults;
}
