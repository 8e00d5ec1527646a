/**
 * The seal of a row: a checksum of what it says, written with it and looked at whenever it is read.
 * What a disk has changed is so refused and not served. It finds accidents, not forgery.
 */
import { crc32 } from "node:zlib";
import { Failure } from "#src/failure.ts";

/** Bytes stand in the place of a text whose type had a bit flipped. No column holds any. */
type Value = string | number | bigint | Uint8Array | null;

/**
 * Columns that change by themselves: an index, or a seal of their own, has them. Those of the queue
 * came later than the first seals; the document vouches for them (rows.ts).
 */
const apart: ReadonlySet<string> = new Set([
  ...["tenant", "epoch", "last_seq", "seal", "log_seal"],
  ...["priority", "needs_bytes", "device"],
]);

/** Databases disagree on how integers come back; as text they are the same. */
function add(sum: number, name: string, value: Value): number {
  if (value === null) return crc32(`${name}\u0000`, sum);
  const mark = value instanceof Uint8Array ? "\u0002" : "\u0001";
  return crc32(`${name}=${value}${mark}`, sum);
}

/** CRC-32 over the names and values of all columns but those that are kept apart. */
export function sealOf(row: object): number {
  const names = Object.keys(row).filter((name) => !apart.has(name));
  const values = row as Readonly<Record<string, Value>>;
  return names.sort().reduce((sum, name) => add(sum, name, values[name] ?? null), 0);
}

export function sealed<Row extends object>(row: Row): Row & { readonly seal: number } {
  return { ...row, seal: sealOf(row) };
}

export interface LogEnd {
  readonly id: string;
  readonly epoch: string;
  readonly last_seq: number | string;
}

/** Of where a run's log ends, which changes with every event. */
export function logSealOf({ id, epoch, last_seq }: LogEnd): number {
  return sealOf({ run: id, log: epoch, end: last_seq });
}

/** Of a row that something or somebody has changed. */
export function brokenRow(): Failure {
  return new Failure(
    "storage_corrupt",
    "A stored row is not what was written. Restore the database from a backup.",
  );
}

/** The row itself. Failure `storage_corrupt` when it is not what was written. */
export function intact<Row extends { readonly seal: number }>(row: Row): Row {
  if (Number(row.seal) !== sealOf(row)) throw brokenRow();
  return row;
}

/** The same of a run, and of where its log ends. */
export function intactRun<
  Row extends LogEnd & { readonly seal: number; readonly log_seal: number },
>(row: Row): Row {
  if (Number(row.log_seal) !== logSealOf(row)) throw brokenRow();
  return intact(row);
}
