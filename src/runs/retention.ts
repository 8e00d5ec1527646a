/** Which checkpoints of a run are kept. Rows only: the artifact sweep removes bytes. */
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Reader, Writer } from "#storage/store.ts";

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
