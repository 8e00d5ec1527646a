/** The order in which a store gives its queued runs to workers. */
import type { RunRecord, Store, Turn } from "#storage/store.ts";
import { nextVersion } from "./records.ts";

export const anything: Turn["fits"] = [
  {
    memoryBytesMax: Number.MAX_SAFE_INTEGER,
    devices: ["auto", "cpu", "cuda", "webgpu"],
  },
];

export const idOf = ({ run }: RunRecord): string => run.id;

/** Takes the run whose turn it is. */
export function takeNext(
  store: Store,
  turn: Omit<Turn, "fits"> & Partial<Turn>,
): Promise<RunRecord | undefined> {
  return store.write(async (writer) => {
    const next = await writer.nextQueued({ fits: anything, ...turn });
    if (next === undefined) return undefined;
    await writer.updateRun(nextVersion(next, { status: "starting" }));
    return next;
  });
}

/** Takes all there are; their ids in the order in which they came. */
export async function queue(
  store: Store,
  turn: Omit<Turn, "fits"> & Partial<Turn>,
): Promise<readonly string[]> {
  const taken: string[] = [];
  for (;;) {
    const next = await takeNext(store, turn);
    if (next === undefined) return taken;
    taken.push(next.run.id);
  }
}
