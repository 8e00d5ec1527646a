/** API keys of a tenant (made, listed, rotated, deleted), and one-time tickets for streams. */
import Type from "typebox";
import type { Backing } from "#api/backing.ts";
import { callerOf } from "#api/http/caller.ts";
import { bodyOptional } from "#api/http/documents.ts";
import { locationHeader } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ApiKeyPage, ref } from "#api/http/schemas.ts";
import { ApiKey, ApiKeyRequest, NewApiKey, RotateRequest, StreamTicket } from "#schemas/api-key.ts";
import { KeyId, pageQuery, strict } from "#schemas/values.ts";
import { createKey, deleteKey, type KeyContext, keysOf, rotateKey } from "#src/access/keys.ts";
import { Failure } from "#src/failure.ts";

const tags = ["access"];
const params = Type.Object({ id: KeyId }, strict);
const bodies = ["invalid_request", "malformed_body", "unsupported_media_type"] as const;

const made = {
  created: {
    description: "The key, with its secret: it is shown this once.",
    schema: ref(NewApiKey),
    headers: locationHeader,
  },
};

const create = {
  operationId: "createApiKey",
  tags,
  summary: "Make a key",
  description: "For the caller's tenant. An admin of the service's own tenant may name another.",
  body: ref(ApiKeyRequest),
  response: answers(made, bodies),
};

const list = {
  operationId: "listApiKeys",
  tags,
  summary: "List keys, newest first",
  querystring: Type.Object(pageQuery("key"), strict),
  response: answers({ ok: { description: "A page of keys.", schema: ref(ApiKeyPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

const read = {
  operationId: "getApiKey",
  tags,
  summary: "Read a key, without its secret",
  params,
  response: answers({ ok: { description: "The key.", schema: ref(ApiKey) } }, ["not_found"]),
};

const rotate = {
  operationId: "rotateApiKey",
  ...bodyOptional,
  tags,
  summary: "Make a new key like this one, which then expires",
  description: "Both work for the overlap. Streams of the old key are closed with 4011.",
  params,
  body: ref(RotateRequest),
  response: answers(made, [...bodies, "not_found", "conflict"]),
};

const remove = {
  operationId: "deleteApiKey",
  tags,
  summary: "End a key at once",
  description: "Its streams are closed with 4011.",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found"]),
};

const ticket = {
  operationId: "createStreamTicket",
  tags,
  summary: "Get a ticket for one stream",
  description:
    "For browsers, which cannot send a header with a WebSocket: put it into `?ticket=` of a " +
    "stream. It works once, for a minute, for the caller's tenant, and for reading streams alone.",
  response: answers({
    created: { description: "The ticket.", schema: ref(StreamTicket) },
  }),
};

export function keyRoutes(app: App, backing: Backing): void {
  const { access, store, runs } = backing;
  const context: KeyContext = { store, now: runs.now };
  const locationOf = ({ id }: NewApiKey) => `/v1/api-keys/${id}`;
  app.post("/v1/api-keys", { schema: create }, async (request, reply) => {
    const key = await createKey(context, callerOf(request), request.body);
    void reply.code(statuses.created).header("location", locationOf(key));
    return key;
  });
  app.get("/v1/api-keys", { schema: list }, async (request) => {
    const asked = pageRequest(request.query, "key");
    const page = await keysOf(context, callerOf(request)).read((reader) => reader.apiKeys(asked));
    return pageAnswer(page, ({ key }) => key);
  });
  app.get("/v1/api-keys/:id", { schema: read }, async (request) => {
    const { id } = request.params;
    const found = await keysOf(context, callerOf(request)).read((reader) => reader.apiKey(id));
    if (found === undefined) throw new Failure("not_found", `There is no key ${id}.`);
    return found.key;
  });
  app.post(
    "/v1/api-keys/:id/rotate",
    {
      schema: rotate,
      preValidation: async (request) => {
        // No body is none of its fields; JSON null is a body, and no object.
        if (request.body === undefined) request.body = {};
      },
    },
    async (request, reply) => {
      const theirs = { ...context, store: keysOf(context, callerOf(request)) };
      const key = await rotateKey(theirs, request.params.id, request.body.overlap_seconds);
      access.revoke(request.params.id);
      void reply.code(statuses.created).header("location", locationOf(key));
      return key;
    },
  );
  app.delete("/v1/api-keys/:id", { schema: remove }, async (request, reply) => {
    const theirs = { ...context, store: keysOf(context, callerOf(request)) };
    await deleteKey(theirs, request.params.id);
    access.revoke(request.params.id);
    return reply.code(statuses.no_content).send();
  });
  app.post("/v1/stream-tickets", { schema: ticket }, async (request, reply) => {
    const issued = await access.tickets.issue(callerOf(request));
    void reply.code(statuses.created).header("cache-control", "no-store");
    return {
      ticket: issued.ticket,
      expires_at: new Date(Date.now() + issued.lifeMs).toISOString(),
    };
  });
}
