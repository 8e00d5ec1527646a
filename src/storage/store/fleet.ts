/** What replicas leave for each other, over SQL. */
import { type Kysely, sql } from "kysely";
import type { AskedErrand, Fleet, SeenWorker, TicketRecord, WorkerRecord } from "#storage/fleet.ts";
import type { SqlDialect } from "./dialect.ts";
import type { Tables } from "./schema.ts";

/** Workers that one answer lists. */
const workersMax = 10_000;

export class SqlFleet implements Fleet {
  readonly #db: Kysely<Tables>;
  readonly #dialect: SqlDialect;

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    this.#db = db;
    this.#dialect = dialect;
  }

  #nowMs(plusMs = 0) {
    return sql<number>`${sql.raw(this.#dialect.clockMs)} + ${plusMs}`;
  }

  async report({ id, document }: WorkerRecord): Promise<void> {
    const seen_ms = this.#nowMs();
    await this.#db
      .insertInto("workers")
      .values({ id, document, seen_ms })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ document, seen_ms }))
      .execute();
  }

  async workers(silentMs: number): Promise<readonly SeenWorker[]> {
    await this.#db.deleteFrom("workers").where("seen_ms", "<", this.#nowMs(-silentMs)).execute();
    const silent = sql<number>`${this.#nowMs()} - seen_ms`.as("silent");
    const query = this.#db.selectFrom("workers").select(["id", "document", silent]);
    const rows = await query.orderBy("id").limit(workersMax).execute();
    return rows.map(({ id, document, silent: ms }) => ({ id, document, silentMs: Number(ms) }));
  }

  async leave(worker: string): Promise<void> {
    await this.#db.deleteFrom("workers").where("id", "=", worker).execute();
  }

  async ask(errand: AskedErrand, forMs: number): Promise<void> {
    await this.#db.deleteFrom("errands").where("expires_ms", "<", this.#nowMs()).execute();
    const row = { ...errand, expires_ms: this.#nowMs(forMs), owner: null, answer: null };
    await this.#db.insertInto("errands").values(row).execute();
  }

  async take(owner: string, kinds: readonly string[]): Promise<AskedErrand | undefined> {
    const row = await this.#db
      .selectFrom("errands")
      .select(["id", "kind", "request"])
      .where("owner", "is", null)
      .where("kind", "in", kinds)
      .where("expires_ms", ">", this.#nowMs())
      .orderBy("expires_ms")
      .limit(1)
      .$if(this.#dialect.writersMax > 1, (query) => query.forUpdate().skipLocked())
      .executeTakeFirst();
    if (row === undefined) return undefined;
    await this.#db.updateTable("errands").set({ owner }).where("id", "=", row.id).execute();
    return row;
  }

  async answer(id: string, answer: string): Promise<void> {
    await this.#db.updateTable("errands").set({ answer }).where("id", "=", id).execute();
  }

  async answerTo(id: string): Promise<string | null | undefined> {
    const query = this.#db.selectFrom("errands").select("answer").where("id", "=", id);
    return (await query.executeTakeFirst())?.answer;
  }

  async withdraw(id: string): Promise<void> {
    await this.#db.deleteFrom("errands").where("id", "=", id).execute();
  }

  async ticketsWaiting(caller: string): Promise<{ readonly own: number; readonly all: number }> {
    await this.#db.deleteFrom("tickets").where("expires_ms", "<=", this.#nowMs()).execute();
    const row = await this.#db
      .selectFrom("tickets")
      .select((expression) => [
        expression.fn.countAll().as("all"),
        sql<number>`coalesce(sum(case when caller = ${caller} then 1 else 0 end), 0)`.as("own"),
      ])
      .executeTakeFirstOrThrow();
    return { own: Number(row.own), all: Number(row.all) };
  }

  async keepTicket(ticket: TicketRecord, forMs: number): Promise<void> {
    const row = { ...ticket, expires_ms: this.#nowMs(forMs) };
    await this.#db.insertInto("tickets").values(row).execute();
  }

  async useTicket(digest: string): Promise<string | undefined> {
    const used = await this.#db
      .deleteFrom("tickets")
      .where("digest", "=", digest)
      .returning(["document", sql<number>`expires_ms > ${this.#nowMs()}`.as("good")])
      .executeTakeFirst();
    return used?.good ? used.document : undefined;
  }

  async turn(name: string, everyMs: number): Promise<boolean> {
    const taken_ms = this.#nowMs();
    const { rows } = await sql<{ readonly name: string }>`
      insert into turns (name, taken_ms) values (${name}, ${taken_ms})
      on conflict (name) do update set taken_ms = excluded.taken_ms
      where turns.taken_ms <= ${this.#nowMs(-everyMs)} returning name`.execute(this.#db);
    return rows.length > 0;
  }
}
