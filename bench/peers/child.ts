/** One of the compared, as a child process: a workload in, then rounds on demand. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Ready {
  /** File of the float32 answer of the first round. */
  readonly answer: string;
  readonly version: string;
}

export interface Timed {
  readonly seconds: number;
  /** Memory at its highest, less what the process held before it was told its work. */
  readonly peakBytes: number;
}

type Message = Partial<Ready & Timed> & { readonly error?: string; readonly ready?: boolean };

/** How long a child may take to compile and run its first round, and for any later one. */
const patienceMs = { first: 60_000, round: 30_000 };

/** What a child says about itself and last wrote to its error stream. */
class ChildFailed extends Error {}

export class Child implements AsyncDisposable {
  readonly #process;
  readonly #lines: AsyncIterator<string>;

  constructor(command: readonly [string, ...string[]], env: Readonly<Record<string, string>>) {
    const [program, ...rest] = command;
    this.#process = spawn(program, rest, {
      stdio: ["pipe", "pipe", process.stdout.isTTY ? "ignore" : "inherit"],
      env: { ...process.env, ...env },
    });
    this.#process.stdin.on("error", () => {});
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** Throws with the child's own words when it cannot do the work. */
  async begin(question: object): Promise<Ready> {
    const { answer = "", version = "" } = await this.#ask(question, patienceMs.first);
    return { answer, version };
  }

  async round(): Promise<Timed> {
    const { seconds = Number.NaN, peakBytes = 0 } = await this.#ask({}, patienceMs.round);
    return { seconds, peakBytes };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      await once(this.#process, "exit");
    }
  }

  async #ask(question: object, waitMs: number): Promise<Message> {
    this.#process.stdin.write(`${JSON.stringify(question)}\n`);
    const clock = { timer: undefined as NodeJS.Timeout | undefined };
    const late = new Promise<never>((_, reject) => {
      const message = `no answer within ${waitMs / 1000} s`;
      clock.timer = setTimeout(() => reject(new ChildFailed(message)), waitMs);
    });
    try {
      const { value } = await Promise.race([this.#lines.next(), late]);
      if (value === undefined) throw new ChildFailed("the process ended without an answer");
      const message = JSON.parse(value) as Message;
      if (message.error !== undefined) throw new ChildFailed(message.error);
      return message;
    } finally {
      clearTimeout(clock.timer);
    }
  }
}
