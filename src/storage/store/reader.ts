/** The Reader over SQL: every query that changes nothing. Events are read in events.ts. */
import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { RunStatus } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type {
  Answer,
  EventRange,
  NtkRecord,
  Page,
  PageRequest,
  Reader,
  RunFilter,
  RunRecord,
  SweepRecord,
} from "#storage/store.ts";
import { readEvents } from "./events.ts";
import { parseDocument, toAnswer, toRunRecord } from "./rows.ts";
import type { Tables } from "./schema.ts";

/** More rows than this are never read at once. */
export const rowsPerPageMax = 1000;

/** Tables that keep whole documents under an id. */
type Documents = "models" | "datasets" | "sweeps" | "ntks";

const runColumns = ["document", "epoch", "last_seq"] as const;

function checkLimit(limit: number): void {
  assert(Number.isInteger(limit) && limit >= 1 && limit <= rowsPerPageMax, `limit ${limit}`);
}

/** One row more than asked for was read, to see whether there are more. */
function pageOf<Row, T>(rows: readonly Row[], limit: number, parse: (row: Row) => T): Page<T> {
  return { rows: rows.slice(0, limit).map(parse), more: rows.length > limit };
}

export class SqlReader implements Reader {
  protected readonly db: Kysely<Tables>;

  constructor(db: Kysely<Tables>) {
    this.db = db;
  }

  async run(id: string): Promise<RunRecord | undefined> {
    const query = this.db.selectFrom("runs").select(runColumns).where("id", "=", id);
    const row = await query.executeTakeFirst();
    return row && toRunRecord(row);
  }

  async runs(filter: RunFilter): Promise<Page<RunRecord>> {
    checkLimit(filter.limit);
    let query = this.db.selectFrom("runs").select(runColumns).orderBy("id", "desc");
    if (filter.after !== undefined) query = query.where("id", "<", filter.after);
    if (filter.statuses !== undefined) query = query.where("status", "in", filter.statuses);
    if (filter.model !== undefined) query = query.where("model", "=", filter.model);
    if (filter.dataset !== undefined) query = query.where("dataset", "=", filter.dataset);
    if (filter.sweep !== undefined) query = query.where("sweep", "=", filter.sweep);
    return pageOf(await query.limit(filter.limit + 1).execute(), filter.limit, toRunRecord);
  }

  async queued(nowMs: number, limit: number): Promise<readonly RunRecord[]> {
    checkLimit(limit);
    const rows = await this.db
      .selectFrom("runs")
      .select(runColumns)
      .where("status", "=", "queued")
      .where("not_before_ms", "<=", nowMs)
      .orderBy("id")
      .limit(limit)
      .execute();
    return rows.map(toRunRecord);
  }

  async countRuns(statuses: readonly RunStatus[]): Promise<number> {
    const row = await this.db
      .selectFrom("runs")
      .select((expression) => expression.fn.countAll().as("count"))
      .where("status", "in", statuses)
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  events(run: string, range: EventRange): Promise<readonly RunEvent[]> {
    return readEvents(this.db, run, range);
  }

  model(id: string): Promise<Model | undefined> {
    return this.#document("models", id);
  }

  models(page: PageRequest): Promise<Page<Model>> {
    return this.#page("models", page);
  }

  dataset(id: string): Promise<Dataset | undefined> {
    return this.#document("datasets", id);
  }

  datasets(page: PageRequest): Promise<Page<Dataset>> {
    return this.#page("datasets", page);
  }

  snapshot(run: string, id: string): Promise<Snapshot | undefined> {
    return this.#runPart("snapshots", run, id);
  }

  snapshots(run: string, page: PageRequest): Promise<Page<Snapshot>> {
    return this.#runParts("snapshots", run, page);
  }

  checkpoint(run: string, id: string): Promise<Checkpoint | undefined> {
    return this.#runPart("checkpoints", run, id);
  }

  checkpoints(run: string, page: PageRequest): Promise<Page<Checkpoint>> {
    return this.#runParts("checkpoints", run, page);
  }

  sweep(id: string): Promise<SweepRecord | undefined> {
    return this.#document("sweeps", id);
  }

  sweeps(page: PageRequest): Promise<Page<SweepRecord>> {
    return this.#page("sweeps", page);
  }

  openSweeps(limit: number): Promise<readonly SweepRecord[]> {
    return this.#open("sweeps", limit);
  }

  async countCells(sweep: string): Promise<Readonly<Partial<Record<RunStatus, number>>>> {
    const rows = await this.db
      .selectFrom("runs")
      .select((expression) => ["status", expression.fn.countAll().as("count")])
      .where("sweep", "=", sweep)
      .groupBy("status")
      .execute();
    return Object.fromEntries(rows.map(({ status, count }) => [status, Number(count)]));
  }

  ntk(id: string): Promise<NtkRecord | undefined> {
    return this.#document("ntks", id);
  }

  ntks(page: PageRequest): Promise<Page<NtkRecord>> {
    return this.#page("ntks", page);
  }

  openNtks(limit: number): Promise<readonly NtkRecord[]> {
    return this.#open("ntks", limit);
  }

  async answer(key: string): Promise<Answer | undefined> {
    const query = this.db.selectFrom("answers").selectAll().where("key", "=", key);
    const row = await query.executeTakeFirst();
    return row && toAnswer(row);
  }

  async digests(): Promise<ReadonlySet<string>> {
    const rows = await this.db
      .selectFrom("models")
      .select("digest")
      .union(this.db.selectFrom("datasets").select("digest"))
      .union(this.db.selectFrom("checkpoints").select("weights as digest"))
      .union(this.db.selectFrom("checkpoints").select("digest").$castTo<{ digest: string }>())
      .union(this.db.selectFrom("snapshots").select("digest").$castTo<{ digest: string }>())
      .union(this.db.selectFrom("ntks").select("digest").$castTo<{ digest: string }>())
      .union(
        this.db.selectFrom("ntks").select("first_inputs as digest").$castTo<{ digest: string }>(),
      )
      .union(
        this.db.selectFrom("ntks").select("second_inputs as digest").$castTo<{ digest: string }>(),
      )
      .execute();
    return new Set(rows.map((row) => row.digest).filter((digest) => digest !== null));
  }

  async #document<T>(table: Documents, id: string): Promise<T | undefined> {
    const query = this.db.selectFrom(table).select("document").where("id", "=", id);
    const row = await query.executeTakeFirst();
    return row && parseDocument<T>(row.document);
  }

  async #page<T>(table: Documents, page: PageRequest): Promise<Page<T>> {
    checkLimit(page.limit);
    let query = this.db.selectFrom(table).select("document").orderBy("id", "desc");
    if (page.after !== undefined) query = query.where("id", "<", page.after);
    const rows = await query.limit(page.limit + 1).execute();
    return pageOf(rows, page.limit, (row) => parseDocument<T>(row.document));
  }

  async #open<T>(table: "sweeps" | "ntks", limit: number): Promise<readonly T[]> {
    checkLimit(limit);
    const query = this.db.selectFrom(table).select("document").where("open", "=", 1);
    const rows = await query.orderBy("id").limit(limit).execute();
    return rows.map((row) => parseDocument<T>(row.document));
  }

  async #runPart<T>(
    table: "snapshots" | "checkpoints",
    run: string,
    id: string,
  ): Promise<T | undefined> {
    const query = this.db.selectFrom(table).select("document").where("run", "=", run);
    const row = await query.where("id", "=", id).executeTakeFirst();
    return row && parseDocument<T>(row.document);
  }

  async #runParts<T>(
    table: "snapshots" | "checkpoints",
    run: string,
    page: PageRequest,
  ): Promise<Page<T>> {
    checkLimit(page.limit);
    let query = this.db.selectFrom(table).select("document").where("run", "=", run);
    if (page.after !== undefined) query = query.where("id", "<", page.after);
    const rows = await query
      .orderBy("id", "desc")
      .limit(page.limit + 1)
      .execute();
    return pageOf(rows, page.limit, (row) => parseDocument<T>(row.document));
  }
}
