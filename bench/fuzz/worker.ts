/**
 * Fuzzes one target in a process of its own, and tells its parent how far it is: a crash or a hang
 * of this process is the parent's to see.
 */
import { stream } from "#src/random.ts";
import { targets } from "./targets.ts";

export interface FuzzTask {
  readonly target: string;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
}

export interface FuzzProgress {
  /** Inputs done, from the task's first on. */
  readonly done: number;
  readonly read: number;
  readonly refused: number;
  /** Of one input, processor time. */
  readonly slowestMs: number;
  readonly findings: readonly string[];
}

/** Inputs of one random stream: a finding is seen again by its block and its place in it. */
const blockInputs = 500;
const inputMsMax = 1000;

/** Of this process, so that a busy machine shows nothing that is not there. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

async function fuzz({ target: name, seed, from, count }: FuzzTask): Promise<void> {
  const target = targets[name]?.();
  if (target === undefined) throw new RangeError(`no target ${name}`);
  const tally = { done: 0, read: 0, refused: 0, slowestMs: 0 };
  for (let block = Math.floor(from / blockInputs); tally.done < count; block += 1) {
    const random = stream(seed, "fuzz", name, block);
    const findings: string[] = [];
    for (let at = 0; at < blockInputs && tally.done < count; at += 1) {
      const read = target.next(random);
      const beganMs = cpuMs();
      try {
        await read();
        tally.read += 1;
      } catch (error) {
        if (target.isRefusal(error)) tally.refused += 1;
        else {
          const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
          findings.push(
            `${name} block ${block} input ${at}: ${text.split("\n").slice(0, 4).join(" ")}`,
          );
        }
      }
      const ms = cpuMs() - beganMs;
      tally.slowestMs = Math.max(tally.slowestMs, ms);
      if (ms > inputMsMax)
        findings.push(`${name} block ${block} input ${at}: ${Math.round(ms)} ms`);
      tally.done += 1;
    }
    process.send?.({ ...tally, findings });
  }
}

process.once("message", (task: FuzzTask) => {
  void fuzz(task).then(() => process.disconnect());
});
