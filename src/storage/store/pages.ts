/** Pages of listings: how many rows one may have, and whether there are more. */
import assert from "node:assert/strict";
import type { Page } from "#storage/store.ts";

/** More rows than this are never read at once. */
const rowsPerPageMax = 1000;

export function checkLimit(limit: number): void {
  assert(Number.isInteger(limit) && limit >= 1 && limit <= rowsPerPageMax, `limit ${limit}`);
}

/** One row more than asked for was read, to see whether there are more. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  parse: (row: Row) => T,
): Page<T> {
  return { rows: rows.slice(0, limit).map(parse), more: rows.length > limit };
}
