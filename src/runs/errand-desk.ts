/** Does the errands that replicas without trainers leave in the store (asked-errands.ts). */
import type { Errand, ErrandRunner } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { AskedErrand } from "#storage/fleet.ts";
import { type ErrandAnswer, errandTopic, packed, unpacked } from "./asked-errands.ts";
import type { Log, RunContext } from "./context.ts";
import { Rounds } from "./rounds.ts";

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
  readonly #rounds: Rounds;

  constructor(options: ErrandDeskOptions) {
    const { context, log, pollMs = 2000 } = options;
    this.#options = options;
    this.#rounds = new Rounds({
      wakeups: context.wakeups,
      topic: errandTopic,
      pollMs,
      round: () => this.#serve(),
      onFault: (err) => log.error({ err }, "errands cannot go on; it is tried again"),
    });
  }

  start(): void {
    this.#rounds.start();
  }

  /** Takes no further errand; close who does them first. */
  async close(): Promise<void> {
    await this.#rounds.close();
  }

  async #serve(): Promise<boolean> {
    const { context, kinds, owner } = this.#options;
    const asked = await context.store.write((writer) => writer.fleet.take(owner, kinds));
    if (asked === undefined) return false;
    await this.#do(asked);
    return true;
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
