/** Does the errands that replicas without trainers leave in the store (asked-errands.ts). */
import type { Errand, ErrandRunner } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { AskedErrand } from "#storage/fleet.ts";
import { type ErrandAnswer, errandTopic, packed, unpacked } from "./asked-errands.ts";
import { openBell } from "./bell.ts";
import type { Log, RunContext } from "./context.ts";

export interface ErrandDeskOptions {
  readonly context: RunContext;
  readonly log: Log;
  readonly owner: string;
  /** Who does errands here, and which kinds. */
  readonly errands: ErrandRunner;
  readonly kinds: readonly Errand["kind"][];
  /** What errands say of the machine is the asker's: here it is this machine's. */
  readonly artifactsDir: string;
  readonly threads: number;
  readonly memoryBytesMax: number;
  /** How often the store is looked at when nothing wakes the desk; 2 seconds unless told. */
  readonly pollMs?: number;
}

export class ErrandDesk {
  readonly #options: ErrandDeskOptions;
  readonly #bell = openBell();
  readonly #unsubscribe: () => void;
  #closed = false;
  #loop: Promise<void> | undefined;

  constructor(options: ErrandDeskOptions) {
    this.#options = options;
    this.#unsubscribe = options.context.wakeups.subscribe(errandTopic, this.#bell.ring);
  }

  start(): void {
    this.#loop ??= this.#serve();
  }

  /** Takes no further errand; close who does them first. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    this.#bell.close();
    await this.#loop;
  }

  async #serve(): Promise<void> {
    const { context, kinds, log, owner, pollMs = 2000 } = this.#options;
    while (!this.#closed) {
      try {
        const asked = await context.store.write((writer) => writer.fleet.take(owner, kinds));
        if (asked !== undefined) {
          await this.#do(asked);
          continue;
        }
      } catch (err) {
        log.error({ err }, "errands cannot go on; it is tried again");
      }
      await this.#bell.wait(pollMs);
    }
  }

  async #do({ id, request }: AskedErrand): Promise<void> {
    const { context, errands } = this.#options;
    const answer = await answerOf(errands, this.#here(unpacked<Errand>(request)));
    await context.store.write((writer) => writer.fleet.answer(id, answer));
    context.wakeups.wake(id);
  }

  /** The errand with this machine's folder and means. */
  #here(errand: Errand): Errand {
    const { artifactsDir, memoryBytesMax, threads } = this.#options;
    const means = { artifactsDir, threads, memoryBytesMax };
    if (errand.kind === "plan") {
      return { ...errand, artifactsDir, assignment: { ...errand.assignment, ...means } };
    }
    if (errand.kind === "inspect") return { ...errand, ...means };
    return { ...errand, artifactsDir };
  }
}

async function answerOf(errands: ErrandRunner, errand: Errand): Promise<string> {
  try {
    return packed({ result: await errands.perform(errand) } satisfies ErrandAnswer);
  } catch (error) {
    const failure =
      error instanceof Failure ? error : new Failure("internal", "The worker met a bug.");
    const { code, message, errors } = failure;
    return packed({ code, message, errors } satisfies ErrandAnswer);
  }
}
