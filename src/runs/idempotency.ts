/**
 * Answers a request once: the same Idempotency-Key gives the stored answer, never the work again.
 * Knows keys and payload digests; how an answer travels is the edge's business.
 */
import { Failure } from "#src/failure.ts";
import type { Answer, Store, Writer } from "#storage/store.ts";

/** How long an answer is kept for replay. */
export const answerLifeMs = 24 * 60 * 60 * 1000;
/** After this a request that never was answered (its server died) may be taken over. */
export const answeringMsMax = 5 * 60 * 1000;

export type StoredAnswer = NonNullable<Answer["response"]>;

export interface KeyedRequest {
  /** The Idempotency-Key as sent. */
  readonly key: string;
  /** Digest of method, path and payload. */
  readonly payload: string;
}

/** Stores the answer in the transaction that does the work: neither is without the other. */
export type Complete = (writer: Writer, answer: StoredAnswer) => Promise<void>;

/**
 * The stored answer for a key that was answered, or what `produce` gives, stored. `produce` may
 * call `complete` inside its own transaction; when it does not, the answer is stored afterwards.
 * A refusal is not stored: the same key may be tried again. Failures: `idempotency_key_malformed`,
 * `idempotency_key_reused`, `idempotency_in_flight`.
 */
export async function answerOnce(
  context: { readonly store: Store; readonly now: () => number },
  request: KeyedRequest,
  produce: (complete: Complete) => Promise<StoredAnswer>,
): Promise<{ readonly answer: StoredAnswer; readonly replayed: boolean }> {
  const { store, now } = context;
  if (!/^[\x21-\x7e]{1,255}$/.test(request.key)) {
    const text = "Idempotency-Key must be 1 to 255 printable ASCII characters without spaces.";
    throw new Failure("idempotency_key_malformed", text);
  }
  const known = await store.write((writer) => claim(writer, request, now()));
  if (known !== undefined) return { answer: known, replayed: true };
  let completed = false;
  try {
    const answer = await produce(async (writer, given) => {
      await writer.completeAnswer(request.key, given);
      completed = true;
    });
    if (!completed) await store.write((writer) => writer.completeAnswer(request.key, answer));
    return { answer, replayed: false };
  } catch (error) {
    // A transaction that was undone also undid its answer; forgetting one twice does no harm.
    await store.write((writer) => forgetUnanswered(writer, request.key));
    throw error;
  }
}

/** The stored answer, or undefined once the key is ours. */
async function claim(
  writer: Writer,
  request: KeyedRequest,
  nowMs: number,
): Promise<StoredAnswer | undefined> {
  await writer.forgetAnswersBefore(nowMs - answerLifeMs);
  const known = await writer.answer(request.key);
  if (known !== undefined && known.payload !== request.payload) {
    const text = "This Idempotency-Key was used for another request; use a new key.";
    throw new Failure("idempotency_key_reused", text);
  }
  if (known?.response) return known.response;
  if (known !== undefined) {
    if (nowMs - known.createdMs < answeringMsMax) {
      throw inFlight();
    }
    await writer.forgetAnswer(request.key);
  }
  const ours: Answer = { ...request, response: null, createdMs: nowMs };
  // Another replica may have been told the same at the same time.
  if (!(await writer.claimAnswer(ours))) throw inFlight();
  return undefined;
}

function inFlight(): Failure {
  const text = "The first request with this Idempotency-Key is still being answered.";
  return new Failure("idempotency_in_flight", text, { retryAfterSeconds: 1 });
}

async function forgetUnanswered(writer: Writer, key: string): Promise<void> {
  const known = await writer.answer(key);
  if (known !== undefined && known.response === null) await writer.forgetAnswer(key);
}
