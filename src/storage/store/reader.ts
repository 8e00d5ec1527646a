/** The Reader over SQL: every query that changes nothing. Events are read in events.ts. */
import { type Kysely, sql } from "kysely";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { RunStatus } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import type { EventRange, LogPage } from "#storage/events.ts";
import type {
  Answer,
  ApiKeyRecord,
  NtkRecord,
  Owned,
  Page,
  PageRequest,
  Reader,
  RunFilter,
  RunRecord,
  SweepRecord,
  UploadRecord,
} from "#storage/store.ts";
import { usualTenant } from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { digestsOf } from "./digests.ts";
import { readEvents, readPage } from "./events.ts";
import { leasesToTake } from "./leases.ts";
import { checkLimit, pageOf } from "./pages.ts";
import { documentOf, toAnswer, toApiKey, toRunRecord } from "./rows.ts";
import type { Tables } from "./schema.ts";

/** Tables that keep whole documents under an id. */
type Documents = "models" | "datasets" | "sweeps" | "ntks" | "uploads";

export interface ReaderOptions {
  readonly dialect: SqlDialect;
  /** Whose rows are seen; null for all. */
  readonly tenant: string | null;
  /** Whether a row that is read by its id is kept as it is until the transaction ends. */
  readonly locksRows?: boolean;
}

export class SqlReader implements Reader {
  protected readonly db: Kysely<Tables>;
  protected readonly dialect: SqlDialect;
  protected readonly tenant: string | null;
  readonly #locksRows: boolean;

  constructor(db: Kysely<Tables>, { dialect, tenant, locksRows = false }: ReaderOptions) {
    this.db = db;
    this.dialect = dialect;
    this.tenant = tenant;
    this.#locksRows = locksRows;
  }

  /** True of rows that may be seen; `of` is the column of their tenant. */
  protected ours(of = "tenant") {
    return this.tenant === null
      ? sql<boolean>`1 = 1`
      : sql<boolean>`${sql.ref(of)} = ${this.tenant}`;
  }

  /** True of parts of runs that may be seen; `of` is the column of their run. */
  protected oursByRun(of = "run") {
    if (this.tenant === null) return sql<boolean>`1 = 1`;
    return sql<boolean>`exists (select 1 from runs as whose where whose.id = ${sql.ref(of)} and whose.tenant = ${this.tenant})`;
  }

  async run(id: string): Promise<RunRecord | undefined> {
    const query = this.db.selectFrom("runs").selectAll().where("id", "=", id);
    const row = await query
      .where(this.ours())
      .$if(this.#locksRows, (locking) => locking.forUpdate())
      .executeTakeFirst();
    return row && toRunRecord(row);
  }

  async runs(filter: RunFilter): Promise<Page<RunRecord>> {
    checkLimit(filter.limit);
    const all = this.db.selectFrom("runs").selectAll().where(this.ours());
    let query = all.orderBy("id", "desc");
    if (filter.after !== undefined) query = query.where("id", "<", filter.after);
    if (filter.statuses?.length === 0) return { rows: [], more: false };
    if (filter.statuses !== undefined) query = query.where("status", "in", filter.statuses);
    if (filter.model !== undefined) query = query.where("model", "=", filter.model);
    if (filter.dataset !== undefined) query = query.where("dataset", "=", filter.dataset);
    if (filter.sweep !== undefined) query = query.where("sweep", "=", filter.sweep);
    return pageOf(await query.limit(filter.limit + 1).execute(), filter.limit, toRunRecord);
  }

  untended(owner: string, limit: number): Promise<readonly string[]> {
    checkLimit(limit);
    return leasesToTake(this.db, this.dialect, { owner, limit });
  }

  async countRuns(statuses: readonly RunStatus[], whose?: "everyone"): Promise<number> {
    if (statuses.length === 0) return 0;
    const row = await this.db
      .selectFrom("runs")
      .select((expression) => expression.fn.countAll().as("count"))
      .where("status", "in", statuses)
      .$if(whose === undefined, (query) => query.where(this.ours()))
      .executeTakeFirstOrThrow();
    return Number(row.count);
  }

  async bytesStored(): Promise<number> {
    const { rows } = await sql<{ readonly bytes: number | null }>`
      select sum(bytes) as bytes from (
        select bytes from datasets where ${this.ours()}
        union all select bytes from models where ${this.ours()}
        union all select bytes from uploads where ${this.ours()}
        union all select bytes from ntks where ${this.ours()}
        union all select bytes from checkpoints where ${this.oursByRun("checkpoints.run")}
        union all select bytes from snapshots where ${this.oursByRun("snapshots.run")}
      ) as stored`.execute(this.db);
    return Number(rows[0]?.bytes ?? 0);
  }

  async events(run: string, range: EventRange): Promise<readonly RunEvent[]> {
    // The log itself has no tenant: its run says whose it is.
    if (this.tenant !== null && (await this.run(run)) === undefined) return [];
    return readEvents(this.db, run, range);
  }

  page(run: string, of: Parameters<Reader["page"]>[1]): Promise<LogPage | undefined> {
    return readPage(this.db, { run, ...of, isOurs: this.ours() });
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

  openSweeps(limit: number): Promise<readonly Owned<SweepRecord>[]> {
    return this.#open("sweeps", limit);
  }

  async countCells(sweep: string): Promise<Readonly<Partial<Record<RunStatus, number>>>> {
    const rows = await this.db
      .selectFrom("runs")
      .select((expression) => ["status", expression.fn.countAll().as("count")])
      .where("sweep", "=", sweep)
      .where(this.ours())
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

  async openNtks(limit: number): Promise<readonly NtkRecord[]> {
    const open = await this.#open<NtkRecord>("ntks", limit);
    return open.map(({ tenant: _tenant, ...record }) => record);
  }

  async apiKey(id: string): Promise<ApiKeyRecord | undefined> {
    const query = this.db.selectFrom("api_keys").selectAll().where("id", "=", id);
    const row = await query
      .where(this.ours())
      .$if(this.#locksRows, (locking) => locking.forUpdate())
      .executeTakeFirst();
    return row && toApiKey(row);
  }

  async apiKeys(page: PageRequest): Promise<Page<ApiKeyRecord>> {
    checkLimit(page.limit);
    const all = this.db.selectFrom("api_keys").selectAll().where(this.ours());
    let query = all.orderBy("id", "desc");
    if (page.after !== undefined) query = query.where("id", "<", page.after);
    return pageOf(await query.limit(page.limit + 1).execute(), page.limit, toApiKey);
  }

  upload(id: string): Promise<UploadRecord | undefined> {
    return this.#document("uploads", id);
  }

  async uploadsExpired(nowMs: number, limit: number): Promise<readonly UploadRecord[]> {
    checkLimit(limit);
    const all = this.db.selectFrom("uploads").selectAll().where(this.ours());
    const query = all.where("expires_ms", "<=", nowMs).orderBy("expires_ms").limit(limit);
    return (await query.execute()).map((row) => documentOf<UploadRecord>(row));
  }

  async answer(key: string): Promise<Answer | undefined> {
    const query = this.db
      .selectFrom("answers")
      .selectAll()
      .where("key", "=", key)
      .where("tenant", "=", this.tenant ?? usualTenant);
    const row = await query
      .$if(this.#locksRows, (locking) => locking.forUpdate())
      .executeTakeFirst();
    return row && toAnswer(row);
  }

  digests(): Promise<ReadonlySet<string>> {
    return digestsOf(this.db);
  }

  async #document<T>(table: Documents, id: string): Promise<T | undefined> {
    const query = this.db.selectFrom(table).selectAll().where("id", "=", id);
    // What runs are made from is never changed, only relied on: many may at the same time.
    const isShared = table === "models" || table === "datasets";
    const row = await query
      .where(this.ours())
      .$if(this.#locksRows, (locking) => (isShared ? locking.forShare() : locking.forUpdate()))
      .executeTakeFirst();
    return row && documentOf<T>(row);
  }

  async #page<T>(table: Documents, page: PageRequest): Promise<Page<T>> {
    checkLimit(page.limit);
    const all = this.db.selectFrom(table).selectAll().where(this.ours());
    let query = all.orderBy("id", "desc");
    if (page.after !== undefined) query = query.where("id", "<", page.after);
    const rows = await query.limit(page.limit + 1).execute();
    return pageOf(rows, page.limit, (row) => documentOf<T>(row));
  }

  async #open<T extends object>(
    table: "sweeps" | "ntks",
    limit: number,
  ): Promise<readonly Owned<T>[]> {
    checkLimit(limit);
    const all = this.db.selectFrom(table).selectAll().where("open", "=", 1);
    const rows = await all.where(this.ours()).orderBy("id").limit(limit).execute();
    return rows.map((row) => ({ ...documentOf<T>(row), tenant: row.tenant }));
  }

  async #runPart<T>(
    table: "snapshots" | "checkpoints",
    run: string,
    id: string,
  ): Promise<T | undefined> {
    const query = this.db.selectFrom(table).selectAll().where("run", "=", run);
    const one = query.where("id", "=", id).where(this.oursByRun());
    const row = await one.executeTakeFirst();
    return row && documentOf<T>(row);
  }

  async #runParts<T>(
    table: "snapshots" | "checkpoints",
    run: string,
    page: PageRequest,
  ): Promise<Page<T>> {
    checkLimit(page.limit);
    const all = this.db.selectFrom(table).selectAll().where("run", "=", run);
    let query = all.where(this.oursByRun());
    if (page.after !== undefined) query = query.where("id", "<", page.after);
    const rows = await query
      .orderBy("id", "desc")
      .limit(page.limit + 1)
      .execute();
    return pageOf(rows, page.limit, (row) => documentOf<T>(row));
  }
}
