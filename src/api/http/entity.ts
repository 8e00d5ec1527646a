/** A run as an HTTP entity: found or refused, and its ETag. */
import type { Run } from "#schemas/run.ts";
import { Failure, failAt } from "#src/failure.ts";
import type { RunRecord, Store } from "#storage/store.ts";
import type { Produced } from "./once.ts";

/** The run as stored, or Failure `not_found`. */
export async function recordOr404(store: Store, id: string): Promise<RunRecord> {
  const record = await store.read((reader) => reader.run(id));
  if (record === undefined) throw new Failure("not_found", `There is no run ${id}.`);
  return record;
}

/** The run, or Failure `not_found`. */
export async function runOr404(store: Store, id: string): Promise<Run> {
  return (await recordOr404(store, id)).run;
}

/** Changes with every change of the answer: the version, and how far the log has grown. */
export function etagOf(run: Run): string {
  return `"${run.version}.${run.last_seq}"`;
}

/** The version that an If-Match asks for: an ETag, or the version alone in quotes; null without. */
export function versionOf(field: string | undefined): number | null {
  if (field === undefined || field.trim() === "*") return null;
  const match = /^\s*"(\d{1,15})(?:\.\d{1,15})?"\s*$/.exec(field);
  if (match === null) {
    throw failAt("invalid_request", "/header/If-Match", "must be an ETag of this run");
  }
  return Number(match[1]);
}

/** The answer to a request that made a run. */
export function queued(run: Run): Produced {
  return { success: "accepted", location: `/v1/runs/${run.id}`, body: run };
}
