/**
 * Short work that needs mathematics (a prediction, initial weights), done one after the other by
 * one warm child. The child is started when it is first needed and ended when it is idle.
 */
import type { Errand, ErrandResult, ErrandRunner, FromTrainer } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { Log } from "./context.ts";
import { watchResident } from "./resident.ts";
import { openTrainer, type Trainer, type TrainerOptions } from "./trainers.ts";

export interface ErrandsOptions {
  readonly log: Log;
  /** File of the trainer program. */
  readonly entry: string;
  readonly environment: TrainerOptions["environment"];
  readonly memoryBytesMax: number;
  /** Memory of all kinds after which the child is ended; not watched unless given. */
  readonly residentBytesMax?: number;
  /** Errands that may wait; 32 unless told. */
  readonly waitingMax?: number;
  /** How long one may take; 60 seconds unless told. */
  readonly timeoutMs?: number;
  /** How long a child without work is kept; 60 seconds unless told. */
  readonly idleMs?: number;
}

interface Waiting {
  readonly errand: Errand;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (result: ErrandResult) => void;
  readonly reject: (error: unknown) => void;
}

type ResultOf<E extends Errand> = Extract<ErrandResult, { readonly kind: E["kind"] }>;

export class Errands implements ErrandRunner {
  readonly #options: ErrandsOptions;
  readonly #waiting: Waiting[] = [];
  #child: Trainer | undefined;
  #busy = false;
  #closed = false;
  #count = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ErrandsOptions) {
    this.#options = options;
  }

  /**
   * Does one errand. Failures: `queue_full`, `shutting_down`, `trainer_crashed` when the child
   * ended or took too long, and what the child itself refuses. An aborted signal takes the errand
   * out of the queue; one that has begun is finished.
   */
  perform<E extends Errand>(errand: E, signal?: AbortSignal): Promise<ResultOf<E>> {
    if (this.#closed) throw new Failure("shutting_down", "The service is draining.");
    if (this.#waiting.length >= (this.#options.waitingMax ?? 32)) {
      const text = "Too many predictions wait already; try again later.";
      throw new Failure("queue_full", text, { retryAfterSeconds: 5 });
    }
    const result = new Promise<ErrandResult>((resolve, reject) => {
      this.#waiting.push({ errand, signal, resolve, reject });
    });
    void this.#work();
    return result.then((done) => done as ResultOf<E>);
  }

  /** Ends the child; errands that wait or are under way are refused. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const { reject } of this.#waiting.splice(0)) {
      reject(new Failure("shutting_down", "The service is draining."));
    }
    const child = this.#child;
    child?.kill();
    await child?.exited;
  }

  async #work(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    clearTimeout(this.#idle);
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { errand, signal, resolve, reject } = next;
      try {
        signal?.throwIfAborted();
        resolve(await this.#do(errand));
      } catch (error) {
        reject(error);
      }
    }
    this.#busy = false;
    this.#idle = setTimeout(() => this.#release(), this.#options.idleMs ?? 60_000);
    if (this.#closed) this.#release();
  }

  #release(): void {
    clearTimeout(this.#idle);
    this.#child?.kill();
    this.#child = undefined;
  }

  async #do(errand: Errand): Promise<ErrandResult> {
    const { timeoutMs = 60_000 } = this.#options;
    this.#count += 1;
    const id = this.#count;
    const child = await this.#ready();
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill();
    }, timeoutMs);
    let large = false;
    const unwatch = watchResident({
      pid: child.pid,
      bytesMax: this.#options.residentBytesMax ?? Number.POSITIVE_INFINITY,
      end: () => {
        large = true;
        child.kill();
      },
    });
    try {
      child.send({ type: "errand", id, errand });
      return await answerTo(child, id);
    } catch (error) {
      if (large) throw new Failure("out_of_memory", "The work took too much memory.");
      if (!late) throw error;
      const text = `The work took longer than ${timeoutMs / 1000} s and was stopped.`;
      throw new Failure("trainer_crashed", text);
    } finally {
      clearTimeout(timer);
      unwatch();
      if (late || large) this.#child = undefined;
    }
  }

  /** The warm child, or a new one once it says that it is ready. */
  async #ready(): Promise<Trainer> {
    if (this.#child !== undefined) return this.#child;
    const { log, entry, environment, memoryBytesMax } = this.#options;
    const child = openTrainer({
      entry,
      environment,
      heapBytesMax: memoryBytesMax,
      // Silence is no fault of a child that has nothing to do: each errand has its own limit.
      hangMs: timerMsMax,
      onLine: (stream, line) => log.info({ stream, line }, "errands"),
    });
    this.#child = child;
    void child.exited.then((exit) => {
      if (this.#child === child) this.#child = undefined;
      if (exit.cause !== "killed") log.warn({ ...exit }, "the child for errands ended");
    });
    const timer = setTimeout(() => child.kill(), startMsMax);
    try {
      await message(child, ({ type }) => (type === "ready" ? true : undefined));
      return child;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** How long a child may take until it is ready. */
const startMsMax = 60_000;
const timerMsMax = 2 ** 31 - 1;

/** The first message that `pick` takes; Failure `trainer_crashed` when the child ends before. */
async function message<T>(
  child: Trainer,
  pick: (message: FromTrainer) => T | undefined,
): Promise<T> {
  for (;;) {
    const messages = await child.take();
    if (messages.length === 0) break;
    for (const each of messages) {
      const picked = pick(each);
      if (picked !== undefined) return picked;
    }
  }
  const { cause } = await child.exited;
  if (cause === "out_of_memory") {
    throw new Failure("out_of_memory", "The work ran out of memory.");
  }
  throw new Failure("trainer_crashed", "The process that did the work ended unexpectedly.");
}

async function answerTo(child: Trainer, id: number): Promise<ErrandResult> {
  const answer = await message(child, (each) =>
    (each.type === "errand_done" || each.type === "errand_failed") && each.id === id
      ? each
      : undefined,
  );
  if (answer.type === "errand_done") return answer.result;
  const { error, errors = [] } = answer;
  throw new Failure(error.code, error.message, { errors });
}
