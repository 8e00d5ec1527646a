/**
 * A data folder to the stores of a cluster: names the adapters, as service.ts does, and says in
 * which order things move. Artifacts go first: no row ever points at what is not there.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { openArtifacts } from "#storage/artifacts/open.ts";
import type { Artifacts } from "#storage/artifacts.ts";
import { copyArtifacts, type Moved, missingArtifacts } from "#storage/move.ts";
import { openPostgresTables } from "#storage/store/postgres.ts";
import { openSqliteTables } from "#storage/store/sqlite.ts";
import {
  compareTables,
  copyTables,
  countTables,
  type OpenTables,
  passOnLeases,
  type TableCount,
} from "#storage/store/transfer.ts";
import { Failure } from "./failure.ts";

export interface MigrationOptions {
  /** The data folder. */
  readonly from: string;
  /** `postgres://…`, or another folder. */
  readonly to: string;
  /** `s3://…`; empty for a folder of artifacts in `to`. */
  readonly artifacts: string;
  /** The target holds a part already, from a migration that was interrupted. */
  readonly resume: boolean;
  readonly signal: AbortSignal;
  readonly onLine: (text: string) => void;
}

export interface Migrated {
  readonly tables: readonly TableCount[];
  readonly moved: Moved;
  /** Unfinished uploads, which stay behind. */
  readonly uploadsDropped: number;
}

const storeFile = "linnet.sqlite";
const connectionsMax = 2;
const bytesPerLine = 256 * 1024 * 1024;
/** Failures name so many artifacts at the most. */
const namedMax = 5;

const isDatabase = (to: string): boolean => /^postgres(ql)?:\/\//.test(to);

async function openTarget(to: string): Promise<OpenTables> {
  if (isDatabase(to)) return openPostgresTables({ url: to, connectionsMax });
  return openSqliteTables({ path: join(to, storeFile) }, { mustExist: false });
}

function refuseLoss(options: MigrationOptions): void {
  if (!isDatabase(options.to) || options.artifacts !== "") return;
  const message = "Say with --artifacts s3://… where the cluster is going to keep its artifacts.";
  throw new Failure("invalid_request", message);
}

async function refuseFull(target: OpenTables, { resume }: MigrationOptions): Promise<void> {
  const full = (await countTables(target)).filter(({ rows }) => rows > 0);
  if (full.length === 0 || resume) return;
  const what = full.map(({ table, rows }) => `${rows} ${table}`).join(", ");
  throw new Failure(
    "conflict",
    `The target is not empty: it has ${what}. Choose another, or go on with --resume when a ` +
      "migration of the same folder was interrupted.",
  );
}

async function moveArtifacts(
  from: Artifacts,
  to: Artifacts,
  { signal, onLine }: MigrationOptions,
): Promise<Moved> {
  let toldBytes = 0;
  const moved = await copyArtifacts(from, to, {
    signal,
    onMoved: ({ artifacts, bytes }) => {
      if (bytes - toldBytes < bytesPerLine) return;
      toldBytes = bytes;
      onLine(`artifacts: ${artifacts} so far, ${bytes} bytes`);
    },
  });
  onLine(`artifacts: ${moved.artifacts} sent, ${moved.bytes} bytes; ${moved.known} were there`);
  const missing = await missingArtifacts(from, to, { signal, except: new Set(moved.damaged) });
  if (missing.length === 0) return moved;
  const named = missing.slice(0, namedMax).join(", ");
  throw new Failure("storage_corrupt", `${missing.length} artifacts did not arrive: ${named}`);
}

/** On the way to a bucket bytes lie in the data folder for a moment. */
async function withArtifacts<T>(
  { from, to, artifacts: address }: MigrationOptions,
  act: (here: Artifacts, there: Artifacts) => Promise<T>,
): Promise<T> {
  const here = await openArtifacts(join(from, "artifacts"), { address: "" });
  if (address === "") return act(here, await openArtifacts(join(to, "artifacts"), { address }));
  const folder = join(from, "migrating");
  try {
    return await act(here, await openArtifacts(folder, { address }));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Moves everything but unfinished uploads, and compares both sides. Failures: `not_found` without
 * a database in the folder, `in_use` while a service has it, `conflict` when the target is not
 * empty, `storage_corrupt` when the sides differ in the end, `storage_unavailable`.
 */
export async function migrateData(options: MigrationOptions): Promise<Migrated> {
  refuseLoss(options);
  const { from, to } = options;
  await using source = await openSqliteTables({ path: join(from, storeFile) }, { mustExist: true });
  await using target = await openTarget(to);
  try {
    return await moveAll(source, target, options);
  } catch (error) {
    throw target.translate(error);
  }
}

async function moveAll(
  source: OpenTables,
  target: OpenTables,
  options: MigrationOptions,
): Promise<Migrated> {
  const { signal, onLine } = options;
  await refuseFull(target, options);
  const moved = await withArtifacts(options, (here, there) => moveArtifacts(here, there, options));
  await copyTables(source, target, {
    signal,
    onTable: ({ table, rows }) => onLine(`${table}: ${rows} rows added`),
  });
  await passOnLeases(source, target);
  onLine("comparing both sides");
  const faults = await compareTables(source, target, signal);
  if (faults.length > 0) {
    throw new Failure("storage_corrupt", `The sides differ. ${faults.join("; ")}`);
  }
  const tables = await countTables(source);
  const uploadsDropped = tables.find(({ table }) => table === "uploads")?.rows ?? 0;
  return { tables: tables.filter(({ table }) => table !== "uploads"), moved, uploadsDropped };
}
