/**
 * Ends a process that takes more memory than it may. The limit of its JavaScript heap says nothing
 * of buffers and native libraries, and while it computes it cannot watch itself.
 */
import { readFile } from "node:fs/promises";

export interface ResidentLimit {
  readonly pid: number | undefined;
  readonly bytesMax: number;
  readonly end: () => void;
}

const everyMs = 50;

/** Bytes of memory that the process has in use; 0 where the system does not tell. */
export async function residentBytes(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** Watches until it is told to stop; `end` is called once at most. */
export function watchResident({ pid, bytesMax, end }: ResidentLimit): () => void {
  if (pid === undefined) return () => {};
  let isOver = false;
  const look = async (): Promise<void> => {
    if (isOver || (await residentBytes(pid)) <= bytesMax || isOver) return;
    isOver = true;
    end();
  };
  const timer = setInterval(() => void look(), everyMs);
  timer.unref();
  return () => {
    isOver = true;
    clearInterval(timer);
  };
}
