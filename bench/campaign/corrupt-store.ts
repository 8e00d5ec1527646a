/**
 * The SQLite file under damage: at every boundary, and at random places inside pages. It must be
 * refused with a remedy, or serve exactly what was stored; never anything else.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { insertQueued } from "#runs/commands.ts";
import { usualRunLimits } from "#runs/context.ts";
import { settingsFrom } from "#runs/settings.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import type { NewEvent, Reader, Store } from "#storage/store.ts";
import { localWakeups } from "#storage/wakeups/local.ts";
import { dataset, model, request, time } from "#test/runs/records.ts";
import type { Chance } from "./chance.ts";
import { type Blow, blowsOn, bytesOf, damaged, overwrite } from "./damage.ts";

export interface StoreTally {
  cases: number;
  /** Not opened, with what to do about it. */
  refused: number;
  /** Opened, and refused when it was read. */
  refusedLater: number;
  /** Everything is as it was stored: the damage lay where nothing is kept. */
  right: number;
  readonly findings: string[];
}

const eventsOfRun = 120;
const runs = 8;
const pageLimit = 200;

const eventOf = (at: number): NewEvent =>
  at % 10 === 0
    ? {
        type: "checkpoint",
        key: `checkpoint:${at}`,
        data: {
          id: newId("chk"),
          step: at,
          digest: `sha256:${"1".repeat(64)}`,
          weights: `sha256:${"2".repeat(64)}`,
          bytes: 1000,
          final: false,
        },
      }
    : {
        type: "metrics",
        key: null,
        data: {
          from: at * 8 + 1,
          to: at * 8 + 8,
          columns: { loss: Array.from({ length: 8 }, (_, step) => 1 / (at * 8 + step + 1)) },
        },
      };

async function fill(store: Store): Promise<void> {
  const context = { store, wakeups: localWakeups(), limits: usualRunLimits, now: Date.now };
  await store.write(async (writer) => {
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
  });
  for (let count = 0; count < runs; count += 1) {
    const asked = request({ seed: count });
    const settings = settingsFrom(asked, "classification");
    const run = await store.write((writer) =>
      insertQueued(writer, context, { request: asked, settings, needsBytes: 0 }),
    );
    const events = Array.from({ length: eventsOfRun }, (_, at) => eventOf(at));
    await store.write(async (writer) => {
      for (const event of await writer.append(run.id, time, events)) {
        if (event.type !== "checkpoint") continue;
        await writer.insertCheckpoint({ ...event.data, run: run.id, created_at: time });
      }
    });
  }
}

/** Everything that a reader can be told, as text. */
async function told(reader: Reader): Promise<string> {
  const page = { limit: pageLimit };
  const listed = (await reader.runs(page)).rows;
  const parts: unknown[] = [listed, await reader.models(page), await reader.datasets(page)];
  for (const { run } of listed) {
    parts.push(await reader.events(run.id, { after: 0, limit: 10_000 }));
    parts.push(await reader.events(run.id, { after: 0, limit: 10_000, kinds: ["checkpoint"] }));
    parts.push(await reader.checkpoints(run.id, page));
    parts.push(await reader.run(run.id));
  }
  return JSON.stringify(parts);
}

const hasRemedy = (error: unknown): boolean =>
  error instanceof Failure && error.code === "storage_corrupt" && /backup/.test(error.message);

/** What becomes of one damaged file. */
async function meet(path: string, truth: string, tally: StoreTally): Promise<string | undefined> {
  let store: Store;
  try {
    store = await openSqliteStore({ path });
  } catch (error) {
    if (!hasRemedy(error)) return `refused without a remedy: ${String(error)}`;
    tally.refused += 1;
    return undefined;
  }
  try {
    const seen = await store.read(told);
    if (seen !== truth) return "served what was never stored";
    tally.right += 1;
    return undefined;
  } catch (error) {
    if (!hasRemedy(error)) return `fails without a remedy: ${String(error)}`;
    tally.refusedLater += 1;
    return undefined;
  } finally {
    await Promise.resolve(store[Symbol.asyncDispose]()).catch(() => undefined);
  }
}

async function removeBeside(path: string): Promise<void> {
  for (const suffix of ["-wal", "-shm"]) await rm(path + suffix, { force: true });
}

/** Every blow at every boundary, then `flips` single bits at random places of the file. */
export async function corruptStore(
  chance: Chance,
  flips: number,
  { atBoundaries = true } = {},
): Promise<StoreTally> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-corrupt-"));
  const path = join(dir, "linnet.sqlite");
  const tally: StoreTally = { cases: 0, refused: 0, refusedLater: 0, right: 0, findings: [] };
  try {
    const store = await openSqliteStore({ path });
    await fill(store);
    const truth = await store.read(told);
    await store[Symbol.asyncDispose]();
    const bytes = await bytesOf(path);
    const blows: readonly (readonly [Blow, number])[] = [
      ...(atBoundaries ? blowsOn(bytes.length) : []).map((blow) => [blow, 0] as const),
      ...Array.from({ length: flips }, () => {
        const blow: Blow = { damage: "flipped", at: chance.whole(bytes.length) };
        return [blow, chance.whole(8)] as const;
      }),
    ];
    for (const [blow, bit] of blows) {
      tally.cases += 1;
      await overwrite(path, damaged(bytes, blow, bit));
      await removeBeside(path);
      const finding = await meet(path, truth, tally);
      if (finding !== undefined) tally.findings.push(`${blow.damage} at ${blow.at}: ${finding}`);
    }
    return tally;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
