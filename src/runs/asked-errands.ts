/**
 * Errands on a replica that has no trainer: they are left in the store for any worker to do. The
 * other side is errand-desk.ts.
 */
import { deserialize, serialize } from "node:v8";
import type { FieldError, ProblemCode } from "#schemas/problem.ts";
import type { Errand, ErrandResult, ErrandRunner } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { newId } from "#src/ids.ts";
import type { RunContext } from "./context.ts";

/** Topic of wake-ups for those who do errands; an errand's id wakes who asked for it. */
export const errandTopic = "errands";

/** What comes back: a result, or a refusal. */
export type ErrandAnswer =
  | { readonly result: ErrandResult }
  | {
      readonly code: ProblemCode;
      readonly message: string;
      readonly errors: readonly FieldError[];
    };

/** Of a request or an answer, as it is stored. */
const bytesMax = 64 * 1024 * 1024;
/** How often an answer is looked for when nothing wakes who waits. */
const pollMs = 1000;

/** Arrays of numbers stay what they are, unlike in JSON. */
export function packed(value: unknown): string {
  const text = serialize(value).toString("base64");
  if (text.length <= bytesMax) return text;
  throw new Failure("too_large", "This is more than one replica hands to another at once.");
}

/** What `packed` was given: it is read by the version that wrote it, or by its neighbour. */
export function unpacked<T>(text: string): T {
  return deserialize(Buffer.from(text, "base64")) as T;
}

export interface AskingOptions {
  readonly context: Pick<RunContext, "store" | "wakeups">;
  /** How long an answer is waited for, the worker's queue included. */
  readonly timeoutMs: number;
}

export class AskedErrands implements ErrandRunner {
  readonly #options: AskingOptions;
  readonly #closing = new AbortController();

  constructor(options: AskingOptions) {
    this.#options = options;
  }

  /**
   * Has a worker do one errand. Failures: what the worker refuses, `engine_unavailable` when none
   * does it in time, `shutting_down`, `too_large`.
   */
  async perform<E extends Errand>(
    errand: E,
    signal?: AbortSignal,
  ): Promise<Extract<ErrandResult, { readonly kind: E["kind"] }>> {
    const { context, timeoutMs } = this.#options;
    const { store, wakeups } = context;
    const id = newId("ask");
    const request = packed(errand);
    const asked = { id, kind: errand.kind, request };
    await store.write((writer) => writer.fleet.ask(asked, timeoutMs));
    wakeups.wake(errandTopic);
    try {
      const answer = unpacked<ErrandAnswer>(await this.#answerTo(id, signal));
      if ("code" in answer) {
        throw new Failure(answer.code, answer.message, { errors: answer.errors });
      }
      return answer.result as Extract<ErrandResult, { readonly kind: E["kind"] }>;
    } finally {
      await store.write((writer) => writer.fleet.withdraw(id)).catch(() => undefined);
    }
  }

  async #answerTo(id: string, asker: AbortSignal | undefined): Promise<string> {
    const { context, timeoutMs } = this.#options;
    const closing = this.#closing.signal;
    const signal = asker === undefined ? closing : AbortSignal.any([asker, closing]);
    const untilMs = performance.now() + timeoutMs;
    while (performance.now() < untilMs) {
      const woken = context.wakeups.wait(id, { timeoutMs: pollMs, signal });
      const answer = await context.store.write((writer) => writer.fleet.answerTo(id));
      if (typeof answer === "string") return answer;
      if (closing.aborted) throw new Failure("shutting_down", "The service is draining.");
      signal.throwIfAborted();
      await woken;
    }
    const text = `No worker did this within ${Math.round(timeoutMs / 1000)} s; try again.`;
    throw new Failure("engine_unavailable", text, { retryAfterSeconds: 5 });
  }

  /** Errands that are waited for are refused. */
  async close(): Promise<void> {
    this.#closing.abort();
  }
}
