/**
 * What differs between the databases that the store can speak to, as data. Queries and rows are
 * the same for all of them and live in reader.ts and writer.ts.
 */

export interface SqlDialect {
  /** Begins a transaction that is going to write. */
  readonly begin: string;
  /** Type of identifiers: compared byte by byte, because a listing's order is its cursor. */
  readonly idType: string;
  /** Type of integers up to 2⁵³. */
  readonly integerType: string;
  /** Whether a row that is read in order to be changed must be locked (`for update`). */
  readonly locksRows: boolean;
}

/** One writer at a time: `immediate` takes the write lock before anything is read. */
export const sqliteDialect: SqlDialect = {
  begin: "begin immediate",
  idType: "text",
  integerType: "integer",
  locksRows: false,
};
