/** Deletes artifacts that nothing points at any more. When it runs is decided elsewhere. */
import { Failure } from "#src/failure.ts";
import type { Artifacts, Digest } from "./artifacts.ts";
import type { Store } from "./store.ts";

export interface SweepOptions {
  readonly store: Store;
  readonly artifacts: Artifacts;
  /**
   * Younger artifacts stay: they are stored before the row that points at them, and that may take
   * as long as a checkpoint takes to be reported.
   */
  readonly olderThanMs: number;
  /** Artifacts that a row pointed at before, and from which age they go. */
  readonly letGo?: { readonly digests: ReadonlySet<Digest>; readonly olderThanMs: number };
  readonly signal: AbortSignal;
}

export interface Swept {
  readonly deleted: number;
  readonly bytesFreed: number;
  readonly kept: number;
}

/** Only artifacts of this size at most are looked into for the digests of others. */
const manifestBytesMax = 1024 * 1024;
const digestPattern = /sha256:[0-9a-f]{64}/g;

/** Digests that an artifact names in plain text, as a checkpoint's manifest does. */
async function namedBy(artifacts: Artifacts, digest: Digest): Promise<readonly Digest[]> {
  const bytes = await artifacts.size(digest);
  if (bytes === undefined || bytes > manifestBytesMax) return [];
  try {
    const text = Buffer.from(await artifacts.get(digest)).toString("latin1");
    return text.match(digestPattern) ?? [];
  } catch (error) {
    // A manifest that is gone or damaged leads nowhere; what else it named is of no use without it.
    const lost = ["not_found", "storage_corrupt"];
    if (error instanceof Failure && lost.includes(error.code)) return [];
    throw error;
  }
}

/** What rows point at, and what those artifacts name in turn. */
async function digestsInUse({ store, artifacts, signal }: SweepOptions): Promise<Set<Digest>> {
  const pointedAt = await store.read((reader) => reader.digests());
  const used = new Set<Digest>(pointedAt);
  for (const digest of pointedAt) {
    signal.throwIfAborted();
    for (const named of await namedBy(artifacts, digest)) used.add(named);
  }
  return used;
}

/**
 * One sweep. The rows are read first: an artifact that gains a row later was stored or renewed
 * later too, and is then too young. Rejects with the signal's reason when it aborts.
 */
export async function sweepArtifacts(options: SweepOptions): Promise<Swept> {
  const { artifacts, olderThanMs, letGo, signal } = options;
  const beganMs = Date.now();
  const ageMin = (digest: Digest): number =>
    letGo?.digests.has(digest) === true ? letGo.olderThanMs : olderThanMs;
  const used = await digestsInUse(options);
  let [deleted, bytesFreed, kept] = [0, 0, 0];
  for await (const { digest, bytes, modifiedMs } of artifacts.list()) {
    signal.throwIfAborted();
    if (used.has(digest) || modifiedMs >= beganMs - ageMin(digest)) {
      kept += 1;
      continue;
    }
    await artifacts.delete(digest);
    deleted += 1;
    bytesFreed += bytes;
  }
  return { deleted, bytesFreed, kept };
}
