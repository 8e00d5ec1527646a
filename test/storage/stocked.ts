/** A data folder with something of everything in it, as a service would have left it. */
import { join } from "node:path";
import { newId } from "#src/ids.ts";
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { Store } from "#storage/store.ts";
import { pattern } from "#test/contracts/artifacts.ts";
import {
  checkpointRecord,
  datasetRecord,
  logEvent,
  metricsEvent,
  modelRecord,
  runRecord,
  snapshotRecord,
  time,
} from "#test/contracts/records.ts";

export const runsStocked = 3;
export const eventsPerRun = 700;
export const artifactsStocked = 5;

async function stockRuns(store: Store, weights: readonly string[]): Promise<void> {
  for (let at = 0; at < runsStocked; at += 1) {
    const { run, ...rest } = runRecord();
    await store.of(`tenant-${at}`).write(async (writer) => {
      await writer.insertRun({ run, ...rest });
      await writer.leases.grant({ id: run.id, owner: "embedded", epoch: 1 }, 86_400_000);
      const events = Array.from({ length: eventsPerRun - 1 }, (_, i) => logEvent(i, `log:${i}`));
      await writer.append(run.id, time, [...events, metricsEvent(1, 10)]);
      const [digest = "", arrays = ""] = weights;
      await writer.insertCheckpoint(checkpointRecord({ run: run.id, digest, weights: arrays }));
      await writer.insertSnapshot(run.id, snapshotRecord());
    });
  }
}

/** Fills the folder; nobody has it open afterwards. Returns the digests of its artifacts. */
export async function stock(dir: string): Promise<readonly string[]> {
  const artifacts = await openArtifactFolder(join(dir, "artifacts"));
  const digests: string[] = [];
  for (let at = 0; at < artifactsStocked; at += 1) {
    const { digest } = await artifacts.put(pattern(1000 + at), { bytesMax: 10_000 });
    digests.push(digest);
  }
  await using store = await openSqliteStore({ path: join(dir, "linnet.sqlite") });
  await store.write(async (writer) => {
    await writer.insertModel(modelRecord());
    await writer.insertDataset(datasetRecord());
    await writer.insertUpload({ id: newId("upl"), length: 5, createdMs: 0, expiresMs: 1 });
    const key = { id: newId("key"), name: "first", tenant: "default", scopes: ["admin" as const] };
    const times = { created_at: time, expires_at: null, last_used_at: null };
    await writer.insertApiKey({ key: { ...key, ...times }, hash: "0".repeat(64) });
    await writer.claimAnswer({ key: "k", payload: "p", response: null, createdMs: 1 });
  });
  await stockRuns(store, digests);
  return digests;
}
