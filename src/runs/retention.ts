/** Which checkpoints of a run are kept. Rows only: the artifact sweep removes bytes. */
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Run, RunStatus } from "#schemas/run.ts";
import type { Digest } from "#storage/artifacts.ts";
import type { EventRange } from "#storage/events.ts";
import type { Reader, Store, Writer } from "#storage/store.ts";
import { terminalStatuses } from "./change.ts";

/** More than any run keeps (`checkpoints.keep` ends at 1000), with the final one and a new one. */
const pageLimit = 200;
const pagesMax = 20;

/** All checkpoints of a run, the furthest step first. */
export async function checkpointsOf(reader: Reader, run: string): Promise<readonly Checkpoint[]> {
  const rows: Checkpoint[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const last = rows.at(-1)?.id;
    const request = { limit: pageLimit, ...(last === undefined ? {} : { after: last }) };
    const { rows: more, more: goesOn } = await reader.checkpoints(run, request);
    rows.push(...more);
    if (!goesOn) break;
  }
  return rows.toSorted((a, b) => b.step - a.step);
}

/** The checkpoint of the furthest step. */
export async function latestCheckpoint(
  reader: Reader,
  run: string,
): Promise<Checkpoint | undefined> {
  const [latest] = await checkpointsOf(reader, run);
  return latest;
}

/** Forgets all but the `keep` furthest checkpoints; a final one stays beside them. */
export async function keepCheckpoints(writer: Writer, run: string, keep: number): Promise<void> {
  const all = await checkpointsOf(writer, run);
  const surplus = all.slice(Math.max(1, keep)).filter(({ final }) => !final);
  for (const { id } of surplus) await writer.deleteCheckpoint(run, id);
}

/** Runs whose logs are looked through, newest first: so many under way, and so many that ended. */
const runsLoggedMax = 100;
/** The end of each log that is read, in pages: what is older was swept before. */
const seqsLoggedMax = 10_000;
const loggedPage = 200;
const openStatuses: readonly RunStatus[] = [
  "queued",
  "starting",
  "running",
  "pausing",
  "paused",
  "cancelling",
];

interface Logged {
  readonly store: Store;
  readonly signal: AbortSignal;
}

/**
 * Digests that checkpoints on the logs of recent runs had, kept or not: of these, those that no row
 * names any more were let go, and are not waiting for a row that is still to come.
 */
export async function checkpointsLogged(of: Logged): Promise<ReadonlySet<Digest>> {
  const digests = new Set<Digest>();
  for (const statuses of [openStatuses, terminalStatuses]) {
    const filter = { statuses, limit: runsLoggedMax };
    const { rows } = await of.store.read((reader) => reader.runs(filter));
    for (const { run } of rows) await addLogged(digests, run, of);
  }
  return digests;
}

async function addLogged(digests: Set<Digest>, run: Run, { store, signal }: Logged): Promise<void> {
  let after = Math.max(0, run.last_seq - seqsLoggedMax);
  for (let isMore = true; isMore; ) {
    signal.throwIfAborted();
    const range: EventRange = { after, kinds: ["checkpoint"], limit: loggedPage };
    const events = await store.read((reader) => reader.events(run.id, range));
    for (const { type, data } of events) {
      if (type === "checkpoint") digests.add(data.digest).add(data.weights);
    }
    after = events.at(-1)?.seq ?? after;
    isMore = events.length === loggedPage;
  }
}
