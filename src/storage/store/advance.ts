/**
 * A run's next record and the events that go with it: what every batch of a trainer ends with, in
 * as few statements as the database allows, since each is a way there and back.
 */
import type { Kysely, RawBuilder } from "kysely";
import type { Advance, RunRecord } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { insertRows, newRows, rowsPerInsert } from "./events.ts";
import { toEvent, toRunRow } from "./rows.ts";
import type { EventTable, Tables } from "./schema.ts";
import { logSealOf, sealed } from "./seals.ts";

export interface AdvanceIn {
  readonly dialect: SqlDialect;
  /** True of runs that may be changed. */
  readonly isOurs: RawBuilder<boolean>;
}

/** An update of runs that inserts events on the way; without any, the update alone. */
function updatingRuns(db: Kysely<Tables>, rows: readonly EventTable[]) {
  if (rows.length === 0) return db.updateTable("runs");
  const both = db.with("added", (query) => query.insertInto("events").values(rows));
  // The name that the insert goes by says nothing that the update could ask for.
  return both.updateTable("runs") as unknown as ReturnType<typeof db.updateTable<"runs">>;
}

/** The record to be stored, and whether it was: not when another transaction changed the run. */
export async function advanceRun(
  db: Kysely<Tables>,
  { dialect, isOurs }: AdvanceIn,
  { record, time, events, next }: Advance & { readonly record: RunRecord },
): Promise<{ readonly after: RunRecord; readonly isStored: boolean }> {
  const { id, epoch, last_seq: from } = record.run;
  const rows = await newRows(db, { run: id, time, events }, from);
  const { run, ...rest } = await next(rows.map(toEvent));
  const last_seq = from + rows.length;
  const after: RunRecord = { ...rest, run: { ...run, epoch, last_seq } };
  const columns = sealed(toRunRow(after));
  const isTogether = dialect.changesTablesAtOnce === true && rows.length <= rowsPerInsert;
  if (!isTogether) await insertRows(db, rows);
  const updated = await updatingRuns(db, isTogether ? rows : [])
    .set({ ...columns, log_seal: logSealOf(columns) })
    .where("id", "=", id)
    .where("version", "=", run.version - 1)
    .where("last_seq", "=", from)
    .where(isOurs)
    .returning("id")
    .executeTakeFirst();
  return { after, isStored: updated !== undefined };
}
