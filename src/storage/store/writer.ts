/** The Writer over SQL: every query that changes something, inside its caller's transaction. */
import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import { Failure } from "#src/failure.ts";
import type {
  Answer,
  NewEvent,
  NtkRecord,
  RunRecord,
  SweepRecord,
  Writer,
} from "#storage/store.ts";
import type { SqlDialect } from "./dialect.ts";
import { appendEvents } from "./events.ts";
import { SqlReader } from "./reader.ts";
import { toAnswerRow, toNtkRow, toRunRow, toSweepRow } from "./rows.ts";
import type { Tables } from "./schema.ts";

export class SqlWriter extends SqlReader implements Writer {
  readonly #dialect: SqlDialect;

  constructor(db: Kysely<Tables>, dialect: SqlDialect) {
    super(db);
    this.#dialect = dialect;
  }

  async insertRun(record: RunRecord): Promise<void> {
    assert(record.run.last_seq === 0, "a new run has an empty log");
    await this.db.insertInto("runs").values(toRunRow(record)).execute();
  }

  async updateRun(record: RunRecord): Promise<void> {
    const { id, epoch: _epoch, last_seq: _lastSeq, ...columns } = toRunRow(record);
    const updated = await this.db
      .updateTable("runs")
      .set(columns)
      .where("id", "=", id)
      .where("version", "=", columns.version - 1)
      .returning("id")
      .executeTakeFirst();
    if (updated !== undefined) return;
    const stored = await this.run(id);
    if (stored === undefined) throw new Failure("not_found", `There is no run ${id} to change.`);
    throw new Failure(
      "conflict",
      `Run ${id} is at version ${stored.run.version}; version ${columns.version} cannot follow ` +
        "it. Read the run again and repeat the change.",
    );
  }

  async deleteRun(id: string): Promise<void> {
    await this.db.deleteFrom("runs").where("id", "=", id).execute();
  }

  append(run: string, time: string, events: readonly NewEvent[]): Promise<readonly RunEvent[]> {
    return appendEvents(this.db, { run, time, events, dialect: this.#dialect });
  }

  insertModel(model: Model): Promise<void> {
    return this.#insertCatalog("models", model);
  }

  deleteModel(id: string): Promise<void> {
    return this.#deleteCatalog("models", id);
  }

  insertDataset(dataset: Dataset): Promise<void> {
    return this.#insertCatalog("datasets", dataset);
  }

  deleteDataset(id: string): Promise<void> {
    return this.#deleteCatalog("datasets", id);
  }

  async insertSnapshot(run: string, snapshot: Snapshot): Promise<void> {
    const { id, digest } = snapshot;
    const row = { run, id, digest, document: JSON.stringify(snapshot) };
    await this.db.insertInto("snapshots").values(row).execute();
  }

  async insertCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { run, id, digest, weights } = checkpoint;
    const row = { run, id, digest, weights, document: JSON.stringify(checkpoint) };
    await this.db.insertInto("checkpoints").values(row).execute();
  }

  async deleteCheckpoint(run: string, id: string): Promise<void> {
    const query = this.db.deleteFrom("checkpoints").where("run", "=", run);
    await query.where("id", "=", id).execute();
  }

  async insertSweep(sweep: SweepRecord): Promise<void> {
    await this.db.insertInto("sweeps").values(toSweepRow(sweep)).execute();
  }

  async updateSweep(sweep: SweepRecord): Promise<void> {
    const { id, ...columns } = toSweepRow(sweep);
    const updated = await this.db
      .updateTable("sweeps")
      .set(columns)
      .where("id", "=", id)
      .where("version", "=", columns.version - 1)
      .returning("id")
      .executeTakeFirst();
    if (updated !== undefined) return;
    if ((await this.sweep(id)) === undefined) {
      throw new Failure("not_found", `There is no sweep ${id} to change.`);
    }
    throw new Failure("conflict", `Sweep ${id} was changed meanwhile: read it again.`);
  }

  async deleteSweep(id: string): Promise<void> {
    await this.db.deleteFrom("sweeps").where("id", "=", id).execute();
  }

  async insertNtk(ntk: NtkRecord): Promise<void> {
    await this.db.insertInto("ntks").values(toNtkRow(ntk)).execute();
  }

  async updateNtk(ntk: NtkRecord): Promise<void> {
    const { id, ...columns } = toNtkRow(ntk);
    await this.db.updateTable("ntks").set(columns).where("id", "=", id).execute();
  }

  async deleteNtk(id: string): Promise<void> {
    await this.db.deleteFrom("ntks").where("id", "=", id).execute();
  }

  async claimAnswer(answer: Answer): Promise<boolean> {
    const claimed = await this.db
      .insertInto("answers")
      .values(toAnswerRow(answer))
      .onConflict((conflict) => conflict.column("key").doNothing())
      .returning("key")
      .executeTakeFirst();
    return claimed !== undefined;
  }

  async completeAnswer(key: string, response: NonNullable<Answer["response"]>): Promise<void> {
    const columns = { response: JSON.stringify(response) };
    await this.db.updateTable("answers").set(columns).where("key", "=", key).execute();
  }

  async forgetAnswer(key: string): Promise<void> {
    await this.db.deleteFrom("answers").where("key", "=", key).execute();
  }

  async forgetAnswersBefore(createdMs: number): Promise<void> {
    await this.db.deleteFrom("answers").where("created_ms", "<", createdMs).execute();
  }

  async #insertCatalog(table: "models" | "datasets", entry: Model | Dataset): Promise<void> {
    const row = { id: entry.id, digest: entry.digest, document: JSON.stringify(entry) };
    await this.db.insertInto(table).values(row).execute();
  }

  async #deleteCatalog(table: "models" | "datasets", id: string): Promise<void> {
    await this.db.deleteFrom(table).where("id", "=", id).execute();
  }
}
