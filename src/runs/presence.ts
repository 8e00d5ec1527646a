/** Says again and again that this worker is there, and what it has. Nothing depends on it. */
import type { WorkerSelf } from "#schemas/worker.ts";
import type { Log, RunContext } from "./context.ts";

export interface PresenceOptions {
  readonly context: Pick<RunContext, "store">;
  readonly log: Log;
  readonly worker: string;
  /** What is to be said, as it is at the moment. */
  readonly self: () => WorkerSelf;
}

const everyMs = 10_000;
/** A worker that was silent for longer is not listed any more. */
export const silentMsMax = 60_000;

export class Presence {
  readonly #options: PresenceOptions;
  #timer: NodeJS.Timeout | undefined;
  #saying: Promise<void> = Promise.resolve();

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#say(), everyMs);
    this.#timer.unref();
    this.#say();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#saying;
    const { context, worker } = this.#options;
    await context.store.write((writer) => writer.fleet.leave(worker)).catch(() => undefined);
  }

  #say(): void {
    const { context, log, worker: id, self } = this.#options;
    this.#saying = this.#saying.then(async () => {
      try {
        const document = JSON.stringify(self());
        await context.store.write((writer) => writer.fleet.report({ id, document }));
      } catch (err) {
        log.warn({ err }, "this worker could not be reported");
      }
    });
  }
}
