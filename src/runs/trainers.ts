/**
 * Child processes that train: starting one, talking with it, and knowing how it ended. What its
 * messages mean for a run is attempt.ts's business.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { FromTrainer, ToTrainer } from "#src/channel.ts";
import { readLines } from "./lines.ts";
import { messageFrom } from "./messages.ts";

export interface TrainerOptions {
  /** The program: trainer.ts, or a stand-in that speaks the same channel. */
  readonly entry: string;
  /** The server's environment; children get only what native libraries need of it. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Limit of the child's JavaScript heap; native memory is planned by the trainer itself. */
  readonly heapBytesMax: number;
  /** A child that is silent for longer is killed. */
  readonly hangMs: number;
  readonly onLine: (stream: "stdout" | "stderr", line: string) => void;
}

/** How a child ended. `detail` is fit for the run's log: no paths, no output. */
export interface Exit {
  readonly cause: "exited" | "crashed" | "hung" | "out_of_memory" | "killed" | "protocol";
  readonly detail: string;
}

export interface Trainer {
  readonly pid: number | undefined;
  /** False when the child is gone. */
  send(message: ToTrainer): boolean;
  /** All messages that wait, at least one; empty once the child has ended and all were taken. */
  take(): Promise<readonly FromTrainer[]>;
  /** Ends the child and everything it started, at once. */
  kill(): void;
  readonly exited: Promise<Exit>;
}

/** Messages that may wait to be taken; the channel allows a trainer far fewer. */
export const messagesWaitingMax = 1024;

const kept = /^(PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|LD_LIBRARY_PATH|(CUDA|NVIDIA|VK|ORT|TF|OMP)_\w+)$/;

/** Where compiled code is kept. */
const codeCache = "NODE_COMPILE_CACHE";

/** What opens artifacts that are in S3. */
const keptForS3 = /^AWS_\w+$/;

/**
 * What a child may see of the environment: no keys, no settings of the server, and credentials of
 * S3 only where artifacts are there.
 */
export function scrubbed(environment: TrainerOptions["environment"]): Record<string, string> {
  const needsS3 = (environment["LINNET_ARTIFACTS"] ?? "").trim() !== "";
  const isKept = (name: string): boolean =>
    kept.test(name) || name === codeCache || (needsS3 && keptForS3.test(name));
  const entries = Object.entries(environment);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => isKept(entry[0]) && entry[1] != null),
  );
}

/**
 * What a child is given of the environment. The driver's libraries read whether factors of float32
 * products may be rounded to TensorFloat-32; they may not unless the operator says so.
 */
export function environmentFor(environment: TrainerOptions["environment"]) {
  const given = scrubbed(environment);
  return isTf32(environment) ? given : { ...given, NVIDIA_TF32_OVERRIDE: "0" };
}

const isTf32 = (environment: TrainerOptions["environment"]): boolean =>
  environment["LINNET_TF32"]?.trim() === "true";

/** As the door reads them: failpoints, the artifacts' address, and what is said of engines. */
function argumentsFor(environment: TrainerOptions["environment"]): string[] {
  const tfjs = environment["LINNET_TFJS"]?.trim() ?? "";
  const address = environment["LINNET_ARTIFACTS"]?.trim() ?? "";
  return [environment["LINNET_FAILPOINTS"] ?? "", address, tfjs];
}

/** Starts a child. It ends by itself when this process does. */
export function openTrainer(options: TrainerOptions): Trainer {
  const child = fork(options.entry, argumentsFor(options.environment), {
    serialization: "advanced",
    // Its own process group, so that a terminal's interrupt does not end it before the drain.
    detached: true,
    execArgv: [`--max-old-space-size=${Math.ceil(options.heapBytesMax / 1024 ** 2)}`],
    env: environmentFor(options.environment),
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const ending = watchEnd(child, options);
  const inbox = openInbox(child, (fault) => ending.end("protocol", fault));
  void ending.exited.then(inbox.close);
  child.on("message", ending.alive);
  return {
    pid: child.pid,
    send: (message) => {
      if (!child.connected) return false;
      if (message.type === "begin") ending.begin();
      // An error means that the child is going; its exit tells the rest.
      return child.send(message, () => undefined);
    },
    take: inbox.take,
    kill: () => ending.end("killed", "it was stopped by the server"),
    exited: ending.exited,
  };
}

function openInbox(child: ChildProcess, onFault: (fault: string) => void) {
  let waiting: FromTrainer[] = [];
  let wake: (() => void) | undefined;
  let closed = false;
  let faulty = false;
  const close = (): void => {
    closed = true;
    wake?.();
  };
  child.on("message", (value: unknown) => {
    if (faulty) return;
    const message = messageFrom(value);
    const tooMany = waiting.length >= messagesWaitingMax;
    if (typeof message === "string" || tooMany) {
      faulty = true;
      onFault(typeof message === "string" ? `it sent ${message}` : "it sent more than it may");
      return;
    }
    if (message.type === "alive") return;
    waiting.push(message);
    wake?.();
  });
  const take = async (): Promise<readonly FromTrainer[]> => {
    if (waiting.length === 0 && !closed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      wake = undefined;
    }
    const taken = waiting;
    waiting = [];
    return taken;
  };
  return { take, close };
}

/** Knows why a child ended: it was told to, it was silent too long, or by its exit status. */
function watchEnd(child: ChildProcess, options: TrainerOptions) {
  readLines(child.stdout, (line) => options.onLine("stdout", line));
  const stderr = readLines(child.stderr, (line) => options.onLine("stderr", line));
  let killsBefore = outOfMemoryKills();
  let known: Exit | undefined;
  const end = (cause: Exit["cause"], detail: string): void => {
    known ??= { cause, detail };
    killGroup(child);
  };
  const hung = () => end("hung", `it was silent for ${Math.round(options.hangMs / 1000)} s`);
  const timer = setTimeout(hung, options.hangMs);
  const exited = new Promise<Exit>((resolve) => {
    const finish = async (status: Status): Promise<void> => {
      clearTimeout(timer);
      resolve(known ?? (await exitFrom(status, { tail: stderr.tail(), killsBefore })));
    };
    child.once("error", (error) => {
      known ??= { cause: "crashed", detail: "it could not be started" };
      options.onLine("stderr", String(error));
      if (child.pid === undefined) void finish({ code: null, signal: null });
    });
    // What the child started would keep its streams open, and `close` from coming.
    child.once("exit", () => killGroup(child));
    // `close` comes after the last message and the last line.
    child.once("close", (code, signal) => void finish({ code, signal }));
  });
  // Kills before a run began are not of that run.
  const begin = (): void => {
    killsBefore = outOfMemoryKills();
  };
  return { end, exited, begin, alive: () => void timer.refresh() };
}

interface Status {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

async function exitFrom(
  { code, signal }: Status,
  known: { readonly tail: readonly string[]; readonly killsBefore: Promise<number> },
): Promise<Exit> {
  if (code === 0) return { cause: "exited", detail: "it ended without a word" };
  const heap = known.tail.some((line) => line.includes("heap out of memory"));
  const killed = signal === "SIGKILL" && (await outOfMemoryKills()) > (await known.killsBefore);
  if (heap || killed) {
    return { cause: "out_of_memory", detail: "the trainer ran out of memory" };
  }
  const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
  return { cause: "crashed", detail: `the trainer ended with ${how}` };
}

/** How often the kernel has killed for memory in this control group; 0 where that is not known. */
async function outOfMemoryKills(): Promise<number> {
  const text = await readFile("/sys/fs/cgroup/memory.events", "utf8").catch(() => "");
  return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // The group has ended already.
  }
}
