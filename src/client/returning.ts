/** Coming back to a stream that was cut: when it is worth it, how long to wait, and with what. */
import type { StreamTicket } from "#schemas/api-key.ts";
import type { Problem, ProblemCode } from "#schemas/problem.ts";
import { bearer } from "./client.ts";

/** The stream refused, or the service cannot be reached. */
export class FollowError extends Error {
  override readonly name = "FollowError";
  readonly code: ProblemCode | "unreachable";

  constructor(code: ProblemCode | "unreachable", message: string) {
    super(message);
    this.code = code;
  }
}

export type Fetch = (request: Request) => Promise<Response>;

const firstBackoffMs = 100;
const backoffMsMaxDefault = 10_000;
/** Doublings of the wait, past which no number of attempts makes it longer. */
const doublingsMax = 20;
/** Problems that pass by themselves. */
const passing: ReadonlySet<ProblemCode> = new Set([
  "shutting_down",
  "rate_limited",
  "identity_unavailable",
  "storage_unavailable",
]);

/** Closes after which the same cursor may be tried again: all but 44xx. */
export const mayReturn = (code: number): boolean => code < 4400 || code >= 4500;

/** The answer to a request; undefined when it is worth another try. Throws FollowError. */
export async function ask(fetch: Fetch, request: Request): Promise<unknown> {
  const answer = await fetch(request)
    .then(async (response) => ({ isOk: response.ok, body: await response.json() }))
    .catch(() => undefined);
  if (answer?.isOk === true) return answer.body;
  const problem = answer?.body as Problem | undefined;
  if (problem === undefined || passing.has(problem.code)) return undefined;
  throw new FollowError(problem.code, problem.detail);
}

export interface TicketOptions {
  readonly baseUrl: string;
  readonly apiKey?: string | undefined;
  readonly fetch?: Fetch;
}

/** A ticket for one stream, since a WebSocket of a browser sends no key. Throws FollowError. */
export async function ticketFor(options: TicketOptions): Promise<string | undefined> {
  const { baseUrl, apiKey, fetch = globalThis.fetch } = options;
  const headers = bearer(apiKey);
  const url = new URL("/v1/stream-tickets", baseUrl);
  const answer = await ask(fetch, new Request(url, { method: "POST", headers }));
  return (answer as StreamTicket | undefined)?.ticket;
}

export interface Waiting {
  /** Attempts in a row that failed, this one included. */
  readonly failures: number;
  readonly backoffMsMax?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Full jitter, so that many clients do not come back at the same moment. */
export async function backoff({ failures, backoffMsMax, signal }: Waiting): Promise<void> {
  const most = backoffMsMax ?? backoffMsMaxDefault;
  const longest = Math.min(most, firstBackoffMs * 2 ** Math.min(failures - 1, doublingsMax));
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.random() * longest);
  const onAbort = () => resolve();
  signal?.addEventListener("abort", onAbort, { once: true });
  await promise;
  clearTimeout(timer);
  signal?.removeEventListener("abort", onAbort);
}
