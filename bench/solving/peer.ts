/** The same work in another library, asked line by line over a child's pipes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("../peers/linearised.py", import.meta.url));

export interface PeerAnswer {
  readonly seconds?: number;
  readonly jax?: string;
  readonly error?: string;
}

export interface Peer extends AsyncDisposable {
  ask(question: object): Promise<PeerAnswer>;
}

/** A peer run by that Python; null without one. */
export function openPeer(python: string | undefined, flags: readonly string[] = []): Peer | null {
  if (python === undefined) return null;
  const child = spawn(python, [script, ...flags], { stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async ask(question) {
      child.stdin.write(`${JSON.stringify(question)}\n`);
      const { value } = await lines.next();
      return value === undefined ? { error: "the peer ended" } : JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}
