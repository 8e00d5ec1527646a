/** Calls of the REST API: JSON in and out, and problems as errors that know their code. */
import type { FieldError, Problem, ProblemCode } from "#schemas/problem.ts";
import { credentials, isKeyWanted } from "./key.ts";

/** A refusal of the service, or `offline` when it did not answer. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ProblemCode | "offline";
  readonly errors: readonly FieldError[];
  /** True when nothing lives at the path: the service does not know this kind of question. */
  readonly isAbsent: boolean;

  constructor(message: string, code: Refusal["code"], rest: Partial<Problem> = {}) {
    super(message);
    this.code = code;
    this.errors = rest.errors ?? [];
    this.isAbsent = code === "not_found" || code === "method_not_allowed";
  }
}

const timeoutMs = 30_000;
const detailsMax = 3;
const keyWanted = 401;

async function refusalOf(response: Response): Promise<Refusal> {
  const text = await response.text();
  try {
    const problem = JSON.parse(text) as Problem;
    const details = (problem.errors ?? [])
      .slice(0, detailsMax)
      .map(({ pointer, detail }) => `${pointer} ${detail}`);
    return new Refusal([problem.detail, ...details].join(" · "), problem.code, problem);
  } catch {
    return new Refusal(`The service answered ${response.statusText || "nothing"}.`, "internal");
  }
}

export interface Call {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  /** JSON, unless it is a Blob. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
}

/** The answer to a call. Throws Refusal; an abort passes through as it is. */
export async function respond(path: string, call: Call = {}): Promise<Response> {
  const { body, signal } = call;
  const isBlob = body instanceof Blob;
  const headers = {
    accept: "application/json",
    ...credentials(),
    ...(body === undefined || isBlob ? {} : { "content-type": "application/json" }),
    ...call.headers,
  };
  const limit = isBlob ? [] : [AbortSignal.timeout(timeoutMs)];
  let response: Response;
  try {
    response = await fetch(path, {
      method: call.method ?? "GET",
      headers,
      signal: AbortSignal.any([...limit, ...(signal === undefined ? [] : [signal])]),
      ...(body === undefined ? {} : { body: isBlob ? body : JSON.stringify(body) }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new Refusal("The service does not answer.", "offline");
  }
  if (response.status === keyWanted) isKeyWanted.set(true);
  if (!response.ok) throw await refusalOf(response);
  return response;
}

export async function call<T>(path: string, what: Call = {}): Promise<T> {
  const response = await respond(path, what);
  const text = await response.text();
  return (text === "" ? undefined : JSON.parse(text)) as T;
}
