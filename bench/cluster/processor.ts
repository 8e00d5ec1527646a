/** Processor time of the processes of a bench, by what they are. Linux alone. */
import { readFile } from "node:fs/promises";
import { childrenOf, machineSeconds, processorSecondsOf } from "../campaign/processes.ts";

export interface Groups {
  readonly replicas: readonly number[];
  readonly writers: readonly number[];
  readonly readers: readonly number[];
  /** One of the database's own processes, whose parent has all of them. */
  readonly backend: number;
}

async function parentOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
}

export class Processor {
  readonly #groups: Groups;

  constructor(groups: Groups) {
    this.#groups = groups;
  }

  /**
   * Seconds of all so far, by group, and what the machine has done for others. Processes of the
   * database that have ended are left out.
   */
  async seconds(): Promise<Readonly<Record<string, number>>> {
    const { backend, replicas, writers, readers } = this.#groups;
    const database = await childrenOf(await parentOf(backend));
    const groups = { database: database.map(({ pid }) => pid), replicas, writers, readers };
    const entries = Object.entries(groups).map(async ([name, pids]) => {
      const each = await Promise.all(pids.map((pid) => processorSecondsOf(pid).catch(() => 0)));
      return [name, each.reduce((a, b) => a + b, 0)] as const;
    });
    const known = await Promise.all(entries);
    const ours = known.reduce((sum, [, seconds]) => sum + seconds, 0);
    return { ...Object.fromEntries(known), others: (await machineSeconds()) - ours };
  }
}
