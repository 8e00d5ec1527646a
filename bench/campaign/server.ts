/** The real service as a child process on a data folder: started, asked, drained, killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

const door = join(import.meta.dirname, "../../src/server.ts");
const linesKeptMax = 50;
const startMsMax = 240_000;

export interface ServerOptions {
  readonly dataDir: string;
  /** 0 picks a free one. */
  readonly port: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly onLine?: (line: string) => void;
}

export interface Server {
  readonly address: string;
  readonly port: number;
  readonly pid: number;
  /** Resolves once the process has ended, however. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly isRunning: () => boolean;
  /** SIGKILL. */
  readonly kill: () => Promise<void>;
  /** SIGTERM; the exit code. */
  readonly drain: () => Promise<number | null>;
}

/** The process ended before it listened, and what it said. */
export class ServerEnded extends Error {
  override readonly name = "ServerEnded";
}

/** Resolves when the service listens; rejects with ServerEnded when its process ends before. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const child = spawn(process.execPath, [door], {
    env: {
      PATH: process.env["PATH"],
      LINNET_DATA_DIR: options.dataDir,
      LINNET_PORT: String(options.port),
      ...options.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const said: string[] = [];
  const ended = endOf(child);
  const address = await addressOf(child, (line) => {
    said.push(line);
    if (said.length > linesKeptMax) said.shift();
    options.onLine?.(line);
  }).catch(() => {
    throw new ServerEnded(said.join("\n"));
  });
  return {
    address,
    port: Number(new URL(address).port),
    pid: child.pid ?? 0,
    ended,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
    drain: async () => {
      child.kill("SIGTERM");
      return (await ended).code;
    },
  };
}

async function endOf(child: ChildProcess): Server["ended"] {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  return { code, signal };
}

/** The address once it is told; rejects when the process ends before. Every line is heard. */
async function addressOf(child: ChildProcess, onLine: (line: string) => void): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const late = setTimeout(() => child.kill("SIGKILL"), startMsMax);
  const hear = (line: string): void => {
    onLine(line);
    const address = /"address":"([^"]+)".*"msg":"listening"/.exec(line)?.[1];
    if (address !== undefined) resolve(address);
  };
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface({ input: stream }).on("line", hear);
  }
  // After `close` every line was heard.
  child.once("close", () => reject(new ServerEnded()));
  try {
    return await promise;
  } finally {
    clearTimeout(late);
  }
}
