/** The Writer over SQL: every query that changes something, inside its caller's transaction. */
import assert from "node:assert/strict";
import type { Kysely } from "kysely";
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Dataset } from "#schemas/dataset.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import { Failure } from "#src/failure.ts";
import type { Fleet } from "#storage/fleet.ts";
import type { Lease, Leases } from "#storage/leases.ts";
import type {
  Advance,
  Answer,
  ApiKeyRecord,
  NewEvent,
  NtkRecord,
  RunRecord,
  SweepRecord,
  Turn,
  UploadRecord,
  Writer,
} from "#storage/store.ts";
import { usualTenant } from "#storage/store.ts";
import { advanceRun } from "./advance.ts";
import type { SqlDialect } from "./dialect.ts";
import { appendEvents } from "./events.ts";
import { SqlFleet } from "./fleet.ts";
import { runOfLease, SqlLeases } from "./leases.ts";
import { nextOpenNtk, nextQueued, waitingRuns } from "./queue.ts";
import { SqlReader } from "./reader.ts";
import {
  kernelBytes,
  toAnswerRow,
  toApiKeyRow,
  toNtkRow,
  toRunRecord,
  toRunRow,
  toSweepRow,
  toUploadRow,
} from "./rows.ts";
import type { Tables } from "./schema.ts";
import { logSealOf, sealed } from "./seals.ts";

export class SqlWriter extends SqlReader implements Writer {
  readonly leases: Leases;
  readonly fleet: Fleet;

  constructor(db: Kysely<Tables>, dialect: SqlDialect, tenant: string | null = null) {
    super(db, { dialect, tenant, locksRows: dialect.writersMax > 1 });
    this.leases = new SqlLeases(db, dialect);
    this.fleet = new SqlFleet(db, dialect);
  }

  /** Whose a new row is. */
  get #owner(): { readonly tenant: string } {
    return { tenant: this.tenant ?? usualTenant };
  }

  async alone(name: string): Promise<void> {
    await this.dialect.alone?.(this.db, name);
  }

  nextQueued(turn: Turn): Promise<RunRecord | undefined> {
    return nextQueued(this.db, { turn, dialect: this.dialect, tenant: this.tenant });
  }

  waiting(turn: Turn, of: Parameters<Writer["waiting"]>[1]): Promise<readonly RunRecord[]> {
    return waitingRuns(this.db, { turn, dialect: this.dialect, tenant: this.tenant }, of);
  }

  async heldRun(lease: Lease): Promise<RunRecord> {
    const row = await runOfLease(this.db, { lease, dialect: this.dialect, isOurs: this.ours() });
    if (row !== undefined) return toRunRecord(row);
    const record = await this.run(lease.id);
    if (record === undefined) throw new Failure("not_found", `There is no run ${lease.id}.`);
    await this.leases.hold(lease);
    return record;
  }

  async insertRun(record: RunRecord): Promise<void> {
    assert(record.run.last_seq === 0, "a new run has an empty log");
    const row = sealed(toRunRow(record));
    await this.db
      .insertInto("runs")
      .values({ ...row, ...this.#owner, log_seal: logSealOf(row) })
      .execute();
  }

  async updateRun(record: RunRecord): Promise<void> {
    const { id, epoch: _epoch, last_seq: _lastSeq, ...columns } = sealed(toRunRow(record));
    const updated = await this.db
      .updateTable("runs")
      .set(columns)
      .where("id", "=", id)
      .where("version", "=", columns.version - 1)
      .where(this.ours())
      .returning("id")
      .executeTakeFirst();
    if (updated === undefined) await this.#refuseChange(record);
  }

  async advance(record: RunRecord, of: Advance): Promise<RunRecord> {
    const { db, dialect } = this;
    const isOurs = this.ours();
    const { after, isStored } = await advanceRun(db, { dialect, isOurs }, { record, ...of });
    if (!isStored) await this.#refuseChange(after);
    return after;
  }

  async #refuseChange({ run: { id, version } }: RunRecord): Promise<never> {
    const stored = await this.run(id);
    if (stored === undefined) throw new Failure("not_found", `There is no run ${id} to change.`);
    throw new Failure(
      "conflict",
      `Run ${id} is at version ${stored.run.version}; version ${version} cannot follow ` +
        "it. Read the run again and repeat the change.",
    );
  }

  async deleteRun(id: string): Promise<void> {
    await this.db.deleteFrom("runs").where("id", "=", id).where(this.ours()).execute();
  }

  append(run: string, time: string, events: readonly NewEvent[]): Promise<readonly RunEvent[]> {
    return appendEvents(this.db, {
      run,
      time,
      events,
      dialect: this.dialect,
      tenant: this.tenant,
    });
  }

  async insertModel(model: Model): Promise<void> {
    await this.db
      .insertInto("models")
      .values({ ...catalogRow(model), ...this.#owner })
      .execute();
  }

  deleteModel(id: string): Promise<void> {
    return this.#deleteCatalog("models", id);
  }

  async insertDataset(dataset: Dataset): Promise<void> {
    await this.db
      .insertInto("datasets")
      .values({ ...catalogRow(dataset), ...this.#owner })
      .execute();
  }

  deleteDataset(id: string): Promise<void> {
    return this.#deleteCatalog("datasets", id);
  }

  async insertSnapshot(run: string, snapshot: Snapshot): Promise<void> {
    const { id, digest } = snapshot;
    const kernels = (snapshot.train ?? null) === null ? 1 : 2;
    const bytes = kernels * kernelBytes(digest, snapshot.shape);
    const row = { run, id, digest, bytes, document: JSON.stringify(snapshot) };
    await this.db.insertInto("snapshots").values(sealed(row)).execute();
  }

  async insertCheckpoint(checkpoint: Checkpoint): Promise<void> {
    const { run, id, digest, weights, bytes } = checkpoint;
    const row = { run, id, digest, weights, bytes, document: JSON.stringify(checkpoint) };
    await this.db.insertInto("checkpoints").values(sealed(row)).execute();
  }

  async deleteCheckpoint(run: string, id: string): Promise<void> {
    const query = this.db.deleteFrom("checkpoints").where("run", "=", run);
    await query.where("id", "=", id).where(this.oursByRun()).execute();
  }

  async insertSweep(sweep: SweepRecord): Promise<void> {
    await this.db
      .insertInto("sweeps")
      .values({ ...sealed(toSweepRow(sweep)), ...this.#owner })
      .execute();
  }

  async updateSweep(sweep: SweepRecord): Promise<void> {
    const { id, ...columns } = sealed(toSweepRow(sweep));
    const updated = await this.db
      .updateTable("sweeps")
      .set(columns)
      .where("id", "=", id)
      .where("version", "=", columns.version - 1)
      .where(this.ours())
      .returning("id")
      .executeTakeFirst();
    if (updated !== undefined) return;
    if ((await this.sweep(id)) === undefined) {
      throw new Failure("not_found", `There is no sweep ${id} to change.`);
    }
    throw new Failure("conflict", `Sweep ${id} was changed meanwhile: read it again.`);
  }

  async deleteSweep(id: string): Promise<void> {
    await this.db.deleteFrom("sweeps").where("id", "=", id).where(this.ours()).execute();
  }

  nextNtk(owner: string): Promise<NtkRecord | undefined> {
    return nextOpenNtk(this.db, { dialect: this.dialect, owner });
  }

  async insertNtk(ntk: NtkRecord): Promise<void> {
    await this.db
      .insertInto("ntks")
      .values({ ...sealed(toNtkRow(ntk)), ...this.#owner })
      .execute();
  }

  async updateNtk(ntk: NtkRecord): Promise<void> {
    const { id, ...columns } = sealed(toNtkRow(ntk));
    const query = this.db.updateTable("ntks").set(columns).where("id", "=", id);
    await query.where(this.ours()).execute();
  }

  async deleteNtk(id: string): Promise<void> {
    await this.db.deleteFrom("ntks").where("id", "=", id).where(this.ours()).execute();
  }

  async insertApiKey(record: ApiKeyRecord): Promise<void> {
    const row = { ...sealed(toApiKeyRow(record)), tenant: record.key.tenant };
    await this.db.insertInto("api_keys").values(row).execute();
  }

  async updateApiKey(record: ApiKeyRecord): Promise<void> {
    const { id, ...columns } = sealed(toApiKeyRow(record));
    const query = this.db.updateTable("api_keys").set(columns).where("id", "=", id);
    await query.where(this.ours()).execute();
  }

  async deleteApiKey(id: string): Promise<void> {
    await this.db.deleteFrom("api_keys").where("id", "=", id).where(this.ours()).execute();
  }

  async insertUpload(upload: UploadRecord): Promise<void> {
    await this.db
      .insertInto("uploads")
      .values({ ...sealed(toUploadRow(upload)), ...this.#owner })
      .execute();
  }

  async deleteUpload(id: string): Promise<void> {
    await this.db.deleteFrom("uploads").where("id", "=", id).where(this.ours()).execute();
  }

  async claimAnswer(answer: Answer): Promise<boolean> {
    const claimed = await this.db
      .insertInto("answers")
      .values({ ...sealed(toAnswerRow(answer)), ...this.#owner })
      .onConflict((conflict) => conflict.columns(["tenant", "key"]).doNothing())
      .returning("key")
      .executeTakeFirst();
    return claimed !== undefined;
  }

  async completeAnswer(key: string, response: NonNullable<Answer["response"]>): Promise<void> {
    const claimed = await this.answer(key);
    if (claimed === undefined) return;
    const columns = sealed(toAnswerRow({ ...claimed, response }));
    const query = this.db.updateTable("answers").set(columns).where("key", "=", key);
    await query.where("tenant", "=", this.#owner.tenant).execute();
  }

  async forgetAnswer(key: string): Promise<void> {
    const query = this.db.deleteFrom("answers").where("key", "=", key);
    await query.where("tenant", "=", this.#owner.tenant).execute();
  }

  async forgetAnswersBefore(createdMs: number): Promise<void> {
    await this.db.deleteFrom("answers").where("created_ms", "<", createdMs).execute();
  }

  async #deleteCatalog(table: "models" | "datasets", id: string): Promise<void> {
    await this.db.deleteFrom(table).where("id", "=", id).where(this.ours()).execute();
  }
}

const catalogRow = (entry: Model | Dataset) =>
  sealed({
    id: entry.id,
    digest: entry.digest,
    bytes: entry.bytes ?? 0,
    document: JSON.stringify(entry),
  });
