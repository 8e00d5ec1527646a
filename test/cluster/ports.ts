/** Ports of loopback for servers that tests start: a free one, and waiting until one answers. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const startMsMax = 60_000;
const lookEveryMs = 50;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Resolves when something takes connections there; rejects when its process ends before. */
export async function untilListening(port: number, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + startMsMax;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`${child.spawnfile} ended before it listened on ${port}`);
    }
    if (performance.now() > deadlineMs) throw new Error(`${child.spawnfile} does not listen`);
    await pause(lookEveryMs);
  }
}

/** Sends a signal and waits for the end; at once when it has ended already. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}
