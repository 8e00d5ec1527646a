/**
 * What differs between the databases that the store can speak to, as data. Queries and rows are
 * the same for all of them and live in reader.ts and writer.ts.
 */
import type { Kysely } from "kysely";
import type { Tables } from "./schema.ts";

export interface SqlDialect {
  /** Begins a transaction that is going to write. */
  readonly begin: string;
  /** Type of identifiers: compared byte by byte, because a listing's order is its cursor. */
  readonly idType: string;
  /** Type of integers up to 2⁵³. */
  readonly integerType: string;
  /** The database's own clock, milliseconds since 1970: leases end by it and by no other. */
  readonly clockMs: string;
  /**
   * Transactions that write at the same time. With more than one, rows that a writer reads are
   * locked until its end, because it is going to change them or to rely on them.
   */
  readonly writersMax: number;
  /** Waits until no other transaction is alone under this name, and is until its end. */
  readonly alone?: (db: Kysely<Tables>, name: string) => Promise<void>;
  /** What this database should know of the tables that they do not say themselves. */
  readonly tune?: (db: Kysely<Tables>) => Promise<void>;
  /** Whether one statement can insert into a table and update another; none can unless told. */
  readonly changesTablesAtOnce?: boolean;
  /** Whether a transaction that ended so is worth another try at once. */
  readonly isRetryable?: (error: unknown) => boolean;
}

/** One writer at a time: `immediate` takes the write lock before anything is read. */
export const sqliteDialect: SqlDialect = {
  begin: "begin immediate",
  idType: "text",
  integerType: "integer",
  clockMs: "cast(unixepoch('subsec') * 1000 as integer)",
  writersMax: 1,
};
