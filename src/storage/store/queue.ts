/** Whose turn it is: queued runs in the order in which tenants share the trainers. */
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { RunStatus } from "#schemas/run.ts";
import type { RunRecord } from "#storage/store.ts";
import { type StoredRun, toRunRecord } from "./rows.ts";
import type { Tables } from "./schema.ts";

/** Statuses in which a trainer has a run. */
const heldStatuses: readonly RunStatus[] = ["starting", "running", "pausing", "cancelling"];

export interface Turn {
  readonly nowMs: number;
  readonly limit: number;
  /** Tenants with so many runs in training are passed over. */
  readonly heldMax: number;
  /** Which rows may be seen. */
  readonly ours: RawBuilder<boolean>;
}

/** Runs of the tenants that train least come first, and among those the oldest. */
export async function queuedFairly(
  db: Kysely<Tables>,
  { nowMs, limit, heldMax, ours }: Turn,
): Promise<readonly RunRecord[]> {
  const { rows } = await sql<StoredRun>`
    select runs.* from runs
    left join (
      select tenant, count(*) as held from runs
      where status in (${sql.join(heldStatuses)}) group by tenant
    ) as training on training.tenant = runs.tenant
    where runs.status = 'queued' and runs.not_before_ms <= ${nowMs} and ${ours}
      and coalesce(training.held, 0) < ${heldMax}
    order by coalesce(training.held, 0), runs.id
    limit ${limit}`.execute(db);
  return rows.map(toRunRecord);
}
