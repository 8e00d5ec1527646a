/** A service at an address, through the typed client; its refusals become errors for people. */
import { createClient, type LinnetClient } from "#client/client.ts";
import { followRun } from "#client/follow.ts";
import { FollowError } from "#client/returning.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Model } from "#schemas/model.ts";
import type { Problem } from "#schemas/problem.ts";
import type { Api } from "./api.ts";
import { CommandError, usage } from "./exit.ts";
import { fileCalls, type Take } from "./remote-files.ts";
import { sweepCalls } from "./remote-sweeps.ts";

/** Attempts in a row to come back to a stream before a command gives up: about two minutes. */
const attemptsMax = 20;
const eventsPageMax = 500;

const acts = {
  cancel: "/v1/runs/{id}/cancel",
  pause: "/v1/runs/{id}/pause",
  resume: "/v1/runs/{id}/resume",
} as const;

/** The calls of `Api` on the service at `url`. Throws CommandError for what is not an address. */
export function remoteApi(url: string, apiKey?: string): Api {
  const baseUrl = baseOf(url);
  const client = createClient({ baseUrl, apiKey });
  const take = <T>(answer: Promise<Answer<T>>): Promise<T> => taken(baseUrl, answer);
  const path = (id: string) => ({ path: { id } });
  const one = (id: string) => ({ params: path(id) });
  return {
    ...fileCalls(client, take),
    ...sweepCalls({ client, take, stream: { baseUrl, apiKey, attemptsMax }, followed }),
    createModel: (body) => take<Model>(same(client.POST("/v1/models", { body: same(body) }))),
    createDataset: (body) => take(client.POST("/v1/datasets", { body: same(body) })),
    uploadDataset: ({ content, ...query }) =>
      take(
        client.POST("/v1/datasets", {
          params: { query },
          headers: { "content-type": "application/octet-stream" },
          // The contract's other body is JSON; bytes go out as they are.
          body: same(content),
          bodySerializer: (body: unknown) => body as Blob,
        }),
      ),
    createRun: (body) => take(client.POST("/v1/runs", { body: same(body) })),
    planRun: (body) => take(client.POST("/v1/plans", { body: same(body) })),
    run: (id) => take(client.GET("/v1/runs/{id}", one(id))),
    predict: (id, body) =>
      take(same(client.POST("/v1/runs/{id}/predict", { ...one(id), body: same(body) }))),
    runs: ({ status, ...page }) => {
      const query = { ...page, ...(status === undefined ? {} : { status: [status] }) };
      return take(client.GET("/v1/runs", { params: { query } }));
    },
    models: (query) => take(client.GET("/v1/models", { params: { query } })),
    datasets: (query) => take(client.GET("/v1/datasets", { params: { query } })),
    devices: (refresh) => take(client.GET("/v1/devices", { params: { query: { refresh } } })),
    checkpoints: (id, query) =>
      take(client.GET("/v1/runs/{id}/checkpoints", { params: { ...path(id), query } })),
    snapshots: (id, query) =>
      take(client.GET("/v1/runs/{id}/snapshots", { params: { ...path(id), query } })),
    act: (id, action) => take(client.POST(acts[action], one(id))),
    steer: (id, body) => take(client.PATCH("/v1/runs/{id}", { ...one(id), body: same(body) })),
    history: (id, { after = 0, kinds = [] }) =>
      pages(after, (from) =>
        take(
          client.GET("/v1/runs/{id}/events", {
            params: {
              ...path(id),
              query: {
                after: from,
                limit: eventsPageMax,
                ...(kinds.length > 0 ? { kinds: [...kinds] } : {}),
              },
            },
          }),
        ),
      ),
    follow: (id, request) =>
      followed(followRun({ attemptsMax, baseUrl, apiKey, run: id, ...request })),
    ...keyCalls(client, take),
  };
}

type KeyCalls = Pick<Api, "createKey" | "keys" | "rotateKey" | "deleteKey">;

function keyCalls(client: LinnetClient, take: Take): KeyCalls {
  const one = (id: string) => ({ params: { path: { id } } });
  return {
    createKey: (body) => take(client.POST("/v1/api-keys", { body: same(body) })),
    keys: (query) => take(client.GET("/v1/api-keys", { params: { query } })),
    rotateKey: (id, body) => take(client.POST("/v1/api-keys/{id}/rotate", { ...one(id), body })),
    deleteKey: async (id) => {
      await take(client.DELETE("/v1/api-keys/{id}", one(id)).then(emptied));
    },
  };
}

/** The generated types and the schemas' own describe the same contract in different words. */
const same = <T>(value: unknown): T => value as T;

interface EventPage {
  readonly data: readonly RunEvent[];
  readonly has_more: boolean;
  readonly next_cursor: number;
}

async function* pages(after: number, read: (after: number) => Promise<unknown>) {
  let from = after;
  for (;;) {
    const page: EventPage = same(await read(from));
    yield* page.data;
    if (!page.has_more) return;
    from = page.next_cursor;
  }
}

/** An answer without a body is an answer. */
const emptied = <T>(answer: Answer<T>): Answer<unknown> =>
  answer.response.ok ? { ...answer, data: {} } : answer;

/** The same, with what the stream refuses as an error for people. */
async function* followed<T>(events: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* events;
  } catch (error) {
    if (!(error instanceof FollowError)) throw error;
    throw new CommandError(
      error.code === "unreachable" ? "unreachable" : "usage",
      error.code === "unreachable" ? "The stream was lost" : `The stream refused (${error.code})`,
      { message: error.message },
    );
  }
}

function baseOf(url: string): string {
  const base = URL.canParse(url) ? new URL(url) : null;
  if (base?.protocol === "http:" || base?.protocol === "https:")
    return base.href.replace(/\/$/, "");
  throw usage(
    `"${url}" is not the address of a service`,
    "Give one such as http://127.0.0.1:8080.",
  );
}

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

async function taken<T>(baseUrl: string, answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer.catch((fault: unknown) => {
    throw unreachable(baseUrl, fault);
  });
  if (response.ok && data !== undefined) return data;
  throw refusal(response, error);
}

function unreachable(baseUrl: string, fault: unknown): CommandError {
  const cause = fault instanceof Error ? (fault.cause ?? fault) : fault;
  const why = cause instanceof Error ? cause.message || cause.name : String(cause);
  return new CommandError("unreachable", `No service answers at ${baseUrl}`, {
    message: `${why}\nStart one with: linnet serve. Name another with --url or LINNET_URL.`,
  });
}

/** The problem that a response carries; something else answered when it carries none. */
function refusal(response: Response, error: unknown): CommandError {
  const isFault = response.status >= 500;
  const ending = isFault ? "failed" : "usage";
  if (!isProblem(error)) {
    const message = `${response.url} answered ${response.status}; is it a Linnet service?`;
    return new CommandError(ending, "Not a Linnet answer", { message });
  }
  const { title, code, detail, errors = [], request_id: request } = error;
  // The detail of a refusal with errors is often the first of them over again.
  const repeats = errors[0] !== undefined && detail.startsWith(`${errors[0].pointer} `);
  const said = repeats ? "" : detail;
  return new CommandError(ending, `${title} (${code})`, {
    message: isFault ? `${said}\nRequest ${request}` : said,
    errors,
  });
}

function isProblem(value: unknown): value is Problem {
  return typeof value === "object" && value !== null && "code" in value && "title" in value;
}
