/** Artifacts from one place to another, each checked against its digest on the way. */
import type { Artifacts, Digest } from "./artifacts.ts";

export interface MoveOptions {
  readonly signal: AbortSignal;
  /** Told after each artifact, with all bytes so far. */
  readonly onMoved?: (moved: { readonly artifacts: number; readonly bytes: number }) => void;
}

export interface Moved {
  /** Sent now. */
  readonly artifacts: number;
  readonly bytes: number;
  /** There before. */
  readonly known: number;
  /** Bytes that are not what their name says: they were left where they are. */
  readonly damaged: readonly Digest[];
}

/** Artifacts that are on their way at the same time. */
const atOnce = 4;

/** Copies what the target does not have, in any order; what was sent before is not sent again. */
export async function copyArtifacts(
  from: Artifacts,
  to: Artifacts,
  { signal, onMoved }: MoveOptions,
): Promise<Moved> {
  let [artifacts, bytes, known] = [0, 0, 0];
  const damaged: Digest[] = [];
  const move = async (digest: Digest, size: number): Promise<void> => {
    if ((await to.size(digest)) === size) {
      known += 1;
      return;
    }
    const stored = await to.put(from.stream(digest), { bytesMax: size, signal });
    if (stored.digest !== digest) {
      await to.delete(stored.digest);
      damaged.push(digest);
      return;
    }
    artifacts += 1;
    bytes += size;
    onMoved?.({ artifacts, bytes });
  };
  const listing = from.list()[Symbol.asyncIterator]();
  const failed = new AbortController();
  const stop = AbortSignal.any([signal, failed.signal]);
  const worker = async (): Promise<void> => {
    try {
      for (let next = await listing.next(); next.done !== true; next = await listing.next()) {
        stop.throwIfAborted();
        await move(next.value.digest, next.value.bytes);
      }
    } catch (error) {
      failed.abort(error);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  stop.throwIfAborted();
  return { artifacts, bytes, known, damaged };
}

/** What is not there, or not all of it, of the artifacts of another place. */
export async function missingArtifacts(
  from: Artifacts,
  to: Artifacts,
  { signal, except }: { readonly signal: AbortSignal; readonly except: ReadonlySet<Digest> },
): Promise<readonly Digest[]> {
  const there = new Map<Digest, number>();
  for await (const { digest, bytes } of to.list()) there.set(digest, bytes);
  const missing: Digest[] = [];
  for await (const { digest, bytes } of from.list()) {
    signal.throwIfAborted();
    if (!except.has(digest) && there.get(digest) !== bytes) missing.push(digest);
  }
  return missing;
}
