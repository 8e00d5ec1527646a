/** The log over SQL: reading a range of it, and appending to it. */
import assert from "node:assert/strict";
import { type Kysely, type RawBuilder, sql } from "kysely";
import { type EventKind, eventKinds, type RunEvent } from "#schemas/event.ts";
import type { RunStatus } from "#schemas/run.ts";
import { Failure } from "#src/failure.ts";
import type { EventRange, LogPage } from "#storage/events.ts";
import type { NewEvent } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { toEvent, toEventRow } from "./rows.ts";
import type { EventTable, Tables } from "./schema.ts";
import { brokenRow, type LogEnd, logSealOf } from "./seals.ts";

/** More events than this are never read at once. */
export const eventsPerReadMax = 10_000;
/** More events than this are never appended at once. */
export const eventsPerAppendMax = 1000;
/** Rows that one insert carries: databases bound the parameters of a statement. */
export const rowsPerInsert = 64;

/** Kinds whose events tell of a step or several. */
const steppedKinds: readonly EventKind[] = eventKinds.filter((kind) => kind !== "status");

/** Seq of the first metrics event that ends at `step` or after. */
async function metricsSeq(
  db: Kysely<Tables>,
  run: string,
  step: number,
): Promise<number | undefined> {
  const row = await db
    .selectFrom("events")
    .select("seq")
    .where("run", "=", run)
    .where("kind", "=", "metrics")
    .where("to_step", ">=", step)
    .orderBy("to_step")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : Number(row.seq);
}

/**
 * Metrics come in the order of their steps, so that steps bound their seqs; no other kind is
 * frequent enough to need it. Null when no metrics event is in the range.
 */
async function metricsRange(
  db: Kysely<Tables>,
  run: string,
  range: EventRange,
): Promise<{ readonly first: number; readonly last: number } | null> {
  const through = range.through ?? Number.MAX_SAFE_INTEGER;
  const after = { first: range.after + 1, last: through };
  if (range.steps === undefined) return after;
  const first = await metricsSeq(db, run, range.steps.from);
  if (first === undefined) return null;
  const last = (await metricsSeq(db, run, range.steps.to)) ?? through;
  return { first: Math.max(after.first, first), last: Math.min(through, last) };
}

/** Events of one kind, or of all. */
function eventsOfKind(db: Kysely<Tables>, run: string, range: EventRange & { kind?: EventKind }) {
  const { after, through, steps, kind, limit } = range;
  let query = db.selectFrom("events").selectAll().where("run", "=", run).where("seq", ">", after);
  if (through !== undefined) query = query.where("seq", "<=", through);
  if (kind !== undefined) query = query.where("kind", "=", kind);
  if (steps !== undefined) {
    query = query.where("to_step", ">=", steps.from).where("from_step", "<=", steps.to);
  }
  return query.orderBy("seq").limit(limit);
}

/**
 * Ascending by seq. Several kinds are one union of as many short walks along the index of kinds,
 * because a log is mostly metrics: a walk along the whole log would find the rare kinds last.
 * It is one statement, so that no kind is seen at a later time than another.
 */
export async function readEvents(
  db: Kysely<Tables>,
  run: string,
  range: EventRange,
): Promise<readonly RunEvent[]> {
  const { steps, limit } = range;
  assert(Number.isInteger(limit) && limit >= 1 && limit <= eventsPerReadMax, `limit ${limit}`);
  const kinds = range.kinds ?? (steps === undefined ? undefined : steppedKinds);
  if (kinds === undefined) return (await eventsOfKind(db, run, range).execute()).map(toEvent);
  const metrics = kinds.includes("metrics") ? await metricsRange(db, run, range) : null;
  const walks = [...new Set(kinds)].flatMap((kind) => {
    if (kind !== "metrics") return [eventsOfKind(db, run, { ...range, kind })];
    if (metrics === null) return [];
    const bounds = { after: metrics.first - 1, through: metrics.last };
    return [eventsOfKind(db, run, { ...range, kind, ...bounds })];
  });
  const [first, ...others] = walks.map((walk) => db.selectFrom(walk.as("walk")).selectAll());
  if (first === undefined) return [];
  const union = others.reduce((query, walk) => query.unionAll(walk), first);
  return (await union.orderBy("seq").limit(limit).execute()).map(toEvent);
}

interface PageRow {
  readonly id: string;
  readonly epoch: string;
  readonly status: RunStatus;
  readonly last_seq: number;
  readonly log_seal: number;
}

/** A run's place and what follows a seq as one statement; undefined without such a run. */
export async function readPage(
  db: Kysely<Tables>,
  wanted: {
    readonly run: string;
    readonly after: number;
    readonly limit: number;
    readonly isOurs: RawBuilder<boolean>;
  },
): Promise<LogPage | undefined> {
  const { run, after, limit, isOurs } = wanted;
  assert(Number.isInteger(limit) && limit >= 1 && limit <= eventsPerReadMax, `limit ${limit}`);
  const { rows } = await sql<PageRow & { [Column in keyof EventTable]: EventTable[Column] | null }>`
    select followed.id, followed.epoch, followed.status, followed.last_seq, followed.log_seal,
      following.*
    from (select * from runs where id = ${run} and ${isOurs}) as followed
    left join (
      select * from events where run = ${run} and seq > ${after} order by seq limit ${limit}
    ) as following on true
    order by following.seq`.execute(db);
  const [first] = rows;
  if (first === undefined) return undefined;
  const { id, epoch, status } = first;
  if (Number(first.log_seal) !== logSealOf(first)) throw brokenRow();
  const events = rows.flatMap(({ id: _id, epoch: _epoch, status: _status, ...row }) => {
    const { last_seq: _last, log_seal: _seal, ...event } = row;
    return event.seq === null ? [] : toEvent(event as EventTable);
  });
  return { run: { id, epoch, status, last_seq: Number(first.last_seq) }, events };
}

/** Keys among `events` that the log has already. */
async function knownKeys(
  db: Kysely<Tables>,
  run: string,
  events: readonly NewEvent[],
): Promise<Set<string>> {
  const keys = events.map((event) => event.key).filter((key) => key !== null);
  if (keys.length === 0) return new Set();
  const rows = await db
    .selectFrom("events")
    .select("key")
    .where("run", "=", run)
    .where("key", "in", keys)
    .execute();
  return new Set(rows.map((row) => row.key).filter((key) => key !== null));
}

async function logEnd(
  db: Kysely<Tables>,
  { run, dialect, tenant }: Pick<AppendingTo, "run" | "dialect" | "tenant">,
): Promise<LogEnd> {
  const query = db
    .selectFrom("runs")
    .select(["id", "epoch", "last_seq"])
    .where("id", "=", run)
    .$if(tenant !== null, (mine) => mine.where("tenant", "=", tenant ?? ""));
  const row = await (dialect.writersMax > 1 ? query.forUpdate() : query).executeTakeFirst();
  if (row === undefined) throw new Failure("not_found", `There is no run ${run} to append to.`);
  return row;
}

export interface Appending {
  readonly run: string;
  readonly time: string;
  readonly events: readonly NewEvent[];
}

export interface AppendingTo extends Appending {
  readonly dialect: SqlDialect;
  /** Whose run it must be; null for anybody's. */
  readonly tenant: string | null;
}

/** Rows of the events that a log does not have, to follow `lastSeq`. */
export async function newRows(
  db: Kysely<Tables>,
  { run, time, events }: Appending,
  lastSeq: number,
): Promise<readonly EventTable[]> {
  assert(events.length <= eventsPerAppendMax, `${events.length} events at once`);
  let seq = lastSeq;
  const known = await knownKeys(db, run, events);
  const rows: EventTable[] = [];
  for (const event of events) {
    if (event.key !== null && known.has(event.key)) continue;
    if (event.key !== null) known.add(event.key);
    seq += 1;
    rows.push(toEventRow({ run, seq, time }, event));
  }
  return rows;
}

/** Where the log of their run ends then, its row must be told by the caller. */
export async function insertRows(db: Kysely<Tables>, rows: readonly EventTable[]): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerInsert) {
    const chunk = rows.slice(start, start + rowsPerInsert);
    await db.insertInto("events").values(chunk).execute();
  }
}

/** Appends in the caller's transaction and returns what was new. Failure `not_found`. */
export async function appendEvents(
  db: Kysely<Tables>,
  { run, time, events, dialect, tenant }: AppendingTo,
): Promise<readonly RunEvent[]> {
  const end = await logEnd(db, { run, dialect, tenant });
  const rows = await newRows(db, { run, time, events }, Number(end.last_seq));
  if (rows.length === 0) return [];
  await insertRows(db, rows);
  const last_seq = Number(end.last_seq) + rows.length;
  const log_seal = logSealOf({ ...end, last_seq });
  await db.updateTable("runs").set({ last_seq, log_seal }).where("id", "=", run).execute();
  return rows.map(toEvent);
}
