/**
 * The processes of this machine, read from /proc: who is whose child, and whether the one that had
 * a number still has it. Linux alone.
 */
import { readdir, readFile } from "node:fs/promises";

/** A process told from a later one with the same number by when it began. */
export interface Process {
  readonly pid: number;
  /** Clock ticks since boot. */
  readonly began: string;
}

interface Stat extends Process {
  readonly parent: number;
  readonly state: string;
}

/** Null when it has ended. */
async function statOf(pid: number): Promise<Stat | null> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => null);
  if (text === null) return null;
  // The name is in brackets and may hold anything; what follows the last bracket is plain.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent = "0"] = fields;
  return { pid, state, parent: Number(parent), began: fields[19] ?? "" };
}

/** Living children of a process. */
export async function childrenOf(pid: number): Promise<readonly Process[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(names.map((name) => statOf(Number(name))));
  return stats
    .filter((stat) => stat !== null && stat.parent === pid && stat.state !== "Z")
    .map((stat) => ({ pid: stat?.pid ?? 0, began: stat?.began ?? "" }));
}

export async function isAlive({ pid, began }: Process): Promise<boolean> {
  const stat = await statOf(pid);
  return stat !== null && stat.began === began && stat.state !== "Z";
}

/** Sends SIGKILL unless it has ended already. */
export function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** What a process holds. */
export interface Holdings {
  readonly residentBytes: number;
  readonly handles: number;
}

const kibibyte = 1024;

export async function holdingsOf(pid: number): Promise<Holdings> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const handles = await readdir(`/proc/${pid}/fd`);
  const resident = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  return { residentBytes: resident * kibibyte, handles: handles.length };
}

/** Processor time that a process has used, in seconds. */
export async function processorSecondsOf(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** How a thread fared, in milliseconds since it began. */
export interface Fared {
  /** On a core. */
  readonly workedMs: number;
  /** Able to go on, while others had the cores. */
  readonly waitedMs: number;
}

const nanosecondsPerMs = 1e6;

async function faredIn(file: string): Promise<Fared> {
  const [worked = 0, waited = 0] = (await readFile(file, "utf8")).split(" ").map(Number);
  return { workedMs: worked / nanosecondsPerMs, waitedMs: waited / nanosecondsPerMs };
}

/** The first thread of a process: of Node's, the one that runs its JavaScript. */
export function firstThreadOf(pid: number): Promise<Fared> {
  return faredIn(`/proc/${pid}/schedstat`);
}

/** All threads of a process that live. */
export async function threadsOf(pid: number): Promise<Fared> {
  const names = await readdir(`/proc/${pid}/task`);
  // A thread may end between being listed and being read.
  const all = await Promise.all(
    names.map((name) => faredIn(`/proc/${pid}/task/${name}/schedstat`).catch(() => null)),
  );
  const sum = (of: (fared: Fared) => number) =>
    all.reduce((total, one) => total + (one === null ? 0 : of(one)), 0);
  return { workedMs: sum(({ workedMs }) => workedMs), waitedMs: sum(({ waitedMs }) => waitedMs) };
}

/** Seconds that all processors of the machine have worked, for whomever. */
export async function machineSeconds(): Promise<number> {
  const [line = ""] = (await readFile("/proc/stat", "utf8")).split("\n");
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = line
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / 100;
}
