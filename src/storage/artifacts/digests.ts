/** How digests are split into places, and what is said when one leads to nothing good. */
import { Failure } from "#src/failure.ts";
import type { Digest } from "#storage/artifacts.ts";

/** Two digits name a shard, the others what is in it. */
export const digestPattern = /^sha256:([0-9a-f]{2})([0-9a-f]{62})$/;

export function missing(digest: Digest): Failure {
  return new Failure("not_found", `There is no artifact ${digest}.`);
}

export function damaged(digest: Digest, what: string): Failure {
  return new Failure(
    "storage_corrupt",
    `Artifact ${digest} is damaged: ${what}. Restore it from a backup or store it anew.`,
  );
}
