/**
 * Whose turn it is: the next queued run for a place that is free. Priorities come first, then the
 * tenants that train least, then age. A run that another worker is just taking is passed over.
 */
import { type Kysely, sql } from "kysely";
import type { Priority, RunStatus } from "#schemas/run.ts";
import type { NtkRecord, RunRecord, Turn } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { documentOf, priorities, type StoredRun, toRunRecord } from "./rows.ts";
import type { NtkTable, Tables } from "./schema.ts";

/** Statuses in which a trainer has a run. */
const heldStatuses: readonly RunStatus[] = ["starting", "running", "pausing", "cancelling"];
/** Tenants that one turn looks at. */
const tenantsMax = 1000;

interface Waiting {
  readonly priority: number;
  readonly tenant: string;
  readonly held: number;
  readonly first: string;
}

export interface Looking {
  readonly turn: Turn;
  readonly dialect: SqlDialect;
  /** Whose runs; null for everybody's. */
  readonly tenant: string | null;
}

/** Runs that may start now, and fit. The status is a literal, so that the queue's index serves. */
function startable({ nowMs, fits, except = [] }: Turn) {
  const others = except.length === 0 ? sql`1 = 1` : sql`id not in (${sql.join(except)})`;
  const places = fits.map(
    ({ devices, memoryBytesMax }) =>
      sql`(device in (${sql.join(devices)}) and needs_bytes <= ${memoryBytesMax})`,
  );
  const fitting = places.length === 0 ? sql`1 = 0` : sql`(${sql.join(places, sql` or `)})`;
  return sql`status = 'queued' and not_before_ms <= ${nowMs} and ${fitting} and ${others}`;
}

/** For each priority the tenants that wait, found by leaps along the index; best turn first. */
async function waitingTenants(
  db: Kysely<Tables>,
  { turn, tenant }: Looking,
): Promise<readonly Waiting[]> {
  const { heldMax = Number.MAX_SAFE_INTEGER } = turn;
  const mine = tenant === null ? sql`1 = 1` : sql`waiting.tenant = ${tenant}`;
  const { rows } = await sql<Waiting>`
    with recursive waiting(priority, tenant) as (
      select given.priority, (
        select min(runs.tenant) from runs
        where runs.status = 'queued' and runs.priority = given.priority)
      from (select 0 as priority union all select 1 union all select 2) as given
      union all
      select waiting.priority, (
        select min(runs.tenant) from runs
        where runs.status = 'queued' and runs.priority = waiting.priority
          and runs.tenant > waiting.tenant)
      from waiting where waiting.tenant is not null
    ), training as (
      select tenant, count(*) as held from runs
      where status in (${sql.join(heldStatuses)}) group by tenant
    ), choice as (
      select waiting.priority, waiting.tenant, coalesce(training.held, 0) as held, (
        select min(runs.id) from runs
        where runs.priority = waiting.priority and runs.tenant = waiting.tenant
          and ${startable(turn)}) as first
      from waiting left join training on training.tenant = waiting.tenant
      where waiting.tenant is not null and ${mine}
    )
    select * from choice where first is not null and held < ${heldMax}
    order by priority desc, held, first limit ${tenantsMax}`.execute(db);
  return rows;
}

async function heldBy(db: Kysely<Tables>, tenant: string): Promise<number> {
  const { held } = await db
    .selectFrom("runs")
    .select((expression) => expression.fn.countAll().as("held"))
    .where("status", "in", heldStatuses)
    .where("tenant", "=", tenant)
    .executeTakeFirstOrThrow();
  return Number(held);
}

/** The oldest open kernel that no other worker has, kept from them until the transaction ends. */
export async function nextOpenNtk(
  db: Kysely<Tables>,
  { dialect, owner }: { readonly dialect: SqlDialect; readonly owner: string },
): Promise<NtkRecord | undefined> {
  const lock = dialect.writersMax > 1 ? sql`for update skip locked` : sql``;
  const { rows } = await sql<NtkTable>`
    select * from ntks where open = 1 and not exists (
      select 1 from leases where leases.id = ntks.id and leases.owner <> ${owner}
        and leases.expires_ms > ${sql.raw(dialect.clockMs)})
    order by id limit 1 ${lock}`.execute(db);
  const [row] = rows;
  return row && documentOf<NtkRecord>(row);
}

/** The run whose turn it is, kept from other workers to the end of the transaction. */
export async function nextQueued(
  db: Kysely<Tables>,
  looking: Looking,
): Promise<RunRecord | undefined> {
  const { turn, dialect } = looking;
  const lock = dialect.writersMax > 1 ? sql`for update skip locked` : sql``;
  for (const { priority, tenant, first } of await waitingTenants(db, looking)) {
    if (turn.heldMax !== undefined) {
      await dialect.alone?.(db, `training ${tenant}`);
      if ((await heldBy(db, tenant)) >= turn.heldMax) continue;
    }
    // The first is known: behind it the walk along the index does not pass over what was taken.
    const { rows } = await sql<StoredRun>`
      select * from runs
      where priority = ${priority} and tenant = ${tenant} and id >= ${first} and ${startable(turn)}
      order by id limit 1 ${lock}`.execute(db);
    const [row] = rows;
    if (row !== undefined) return toRunRecord(row);
  }
  return undefined;
}

/**
 * Runs that wait, of a priority and above: of each tenant the oldest, in the order in which tenants
 * have their turns. They are kept from other workers to the end of the transaction.
 */
export async function waitingRuns(
  db: Kysely<Tables>,
  looking: Looking,
  { from, limit }: { readonly from: Priority; readonly limit: number },
): Promise<readonly RunRecord[]> {
  const { turn, dialect } = looking;
  const lock = dialect.writersMax > 1 ? sql`for update skip locked` : sql``;
  const found: RunRecord[] = [];
  for (const { priority, tenant } of await waitingTenants(db, looking)) {
    if (priority < priorities[from] || found.length >= limit) break;
    const { rows } = await sql<StoredRun>`
      select * from runs
      where priority = ${priority} and tenant = ${tenant} and ${startable(turn)}
      order by id limit ${limit - found.length} ${lock}`.execute(db);
    found.push(...rows.map(toRunRecord));
  }
  return found;
}
