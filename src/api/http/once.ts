/** Idempotency-Key on the edge: reads the header, digests the payload, writes the stored answer. */
import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Backing } from "#api/backing.ts";
import { answerOnce as answerKeyed, type StoredAnswer } from "#runs/idempotency.ts";
import { failAt } from "#src/failure.ts";
import type { Writer } from "#storage/store.ts";
import { type Success, statuses } from "./problem.ts";

export interface Produced {
  readonly success: Success;
  readonly location: string;
  readonly body: unknown;
}

const header = "idempotency-key";

function keyOf(request: FastifyRequest): string | undefined {
  const key = request.headers[header];
  if (key === undefined) return undefined;
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw failAt(
      "idempotency_key_malformed",
      "/header/Idempotency-Key",
      "The key must be 1 to 255 printable ASCII characters without spaces.",
    );
  }
  return key;
}

/**
 * Digest of what was asked. A streamed upload is not read twice, so its length and content type
 * stand for its bytes.
 */
function payloadOf(request: FastifyRequest): string {
  const hash = createHash("sha256").update(`${request.method} ${request.url}\n`);
  const isJson = request.headers["content-type"]?.startsWith("application/json") ?? true;
  if (isJson) hash.update(JSON.stringify(request.body ?? null));
  else {
    const { headers } = request;
    const digest = headers["content-digest"] ?? headers["repr-digest"] ?? "";
    hash.update(`${headers["content-type"]} ${headers["content-length"]} ${digest}`);
  }
  return `sha256:${hash.digest("hex")}`;
}

/** Stores what was produced in the transaction that produced it. */
export type Keep = (writer: Writer, produced: Produced) => Promise<void>;

const responseOf = ({ success, location, body }: Produced): StoredAnswer => ({
  status: statuses[success],
  location,
  body: JSON.stringify(body),
});

/**
 * Does the work of a POST, or, where its Idempotency-Key is known, answers as it did before.
 * `work` may keep its answer in its own transaction, so that neither is without the other.
 */
export async function answerOnce(
  {
    backing,
    request,
    reply,
  }: {
    readonly backing: Backing;
    readonly request: FastifyRequest;
    readonly reply: FastifyReply;
  },
  work: (keep: Keep) => Promise<Produced>,
): Promise<string> {
  const key = keyOf(request);
  const { answer, replayed } =
    key === undefined
      ? { answer: responseOf(await work(async () => {})), replayed: false }
      : await answerKeyed(backing.runs, { key, payload: payloadOf(request) }, async (complete) =>
          responseOf(await work((writer, produced) => complete(writer, responseOf(produced)))),
        );
  if (replayed) void reply.header("idempotency-replayed", "true");
  if (answer.location !== null) void reply.header("location", answer.location);
  void reply.code(answer.status).type("application/json; charset=utf-8");
  return answer.body;
}
