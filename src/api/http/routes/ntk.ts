/** One-off kernels: submitted, listed, read with their figures, fetched, deleted. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import { etagHeader, idempotency, ifNoneMatch, locationHeader } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { kernelEncodings, sendKernel } from "#api/http/kernel-answer.ts";
import { answerOnce, type Produced } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { Bytes, NtkPage, ref } from "#api/http/schemas.ts";
import { deleteNtk, storedNtk, submitNtk } from "#runs/kernels/commands.ts";
import { Ntk, NtkRequest } from "#schemas/ntk.ts";
import { NtkId, pageQuery, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import type { Writer } from "#storage/store.ts";

const tags = ["ntk"];
const params = Type.Object({ id: NtkId }, strict);

const create = {
  operationId: "createNtk",
  tags,
  summary: "Ask for a kernel of any model on any examples",
  description: "It is computed in the background: read it again until its status is succeeded.",
  headers: idempotency,
  body: ref(NtkRequest),
  response: answers(
    { accepted: { description: "It is queued.", schema: ref(Ntk), headers: locationHeader } },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
      "incompatible",
      "no_checkpoint",
      "too_large",
      "queue_full",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
      "storage_full",
    ],
  ),
};

const list = {
  operationId: "listNtks",
  tags,
  summary: "List one-off kernels, newest first",
  querystring: Type.Object(pageQuery("ntk"), strict),
  response: answers({ ok: { description: "A page of kernels.", schema: ref(NtkPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

const read = {
  operationId: "getNtk",
  tags,
  summary: "Read a one-off kernel's status and figures",
  params,
  response: answers({ ok: { description: "As it is now.", schema: ref(Ntk) } }, ["not_found"]),
};

const matrix = {
  operationId: "getNtkKernel",
  tags,
  summary: "Fetch the kernel itself",
  description: "safetensors with one tensor `kernel` (the default, with Range), npy, or a PNG.",
  params,
  headers: ifNoneMatch,
  response: answers(
    {
      ok: {
        description: "The kernel.",
        media: Object.fromEntries(kernelEncodings.map((type) => [type, Bytes])),
        headers: etagHeader,
      },
      partial: {
        description: "The range asked for.",
        media: { "application/vnd.safetensors": Bytes },
      },
      not_modified: { description: "You have it." },
    },
    ["not_found", "conflict", "not_acceptable", "storage_corrupt"],
  ),
};

const remove = {
  operationId: "deleteNtk",
  tags,
  summary: "Delete a one-off kernel",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found"]),
};

const accepted = (ntk: Ntk): Produced => ({
  success: "accepted",
  location: `/v1/ntk/${ntk.id}`,
  body: ntk,
});

export function ntkRoutes(app: App, edge: Edge): void {
  const { artifacts } = edge;
  app.post("/v1/ntk", { schema: create }, (request, reply) => {
    const backing = edge.of(request);
    return answerOnce({ backing, request, reply }, async (keep) => {
      const alongside = (writer: Writer, ntk: Ntk) => keep(writer, accepted(ntk));
      const context = { ...backing.runs, artifacts };
      return accepted(await submitNtk(context, request.body, { alongside }));
    });
  });
  app.get("/v1/ntk", { schema: list }, async (request) => {
    const { store } = edge.of(request);
    const page = await store.read((reader) => reader.ntks(pageRequest(request.query, "ntk")));
    return pageAnswer(page, ({ ntk }) => ntk);
  });
  app.get("/v1/ntk/:id", { schema: read }, async (request) => {
    const { store } = edge.of(request);
    const { ntk } = await store.read((reader) => storedNtk(reader, request.params.id));
    return ntk;
  });
  app.get("/v1/ntk/:id/kernel", { schema: matrix }, async (request, reply) => {
    const { store } = edge.of(request);
    const { ntk } = await store.read((reader) => storedNtk(reader, request.params.id));
    if (ntk.digest === null) {
      throw new Failure("conflict", `The kernel is ${ntk.status}: there is no matrix to fetch.`);
    }
    return sendKernel({ request, reply }, artifacts, ntk.digest);
  });
  app.delete("/v1/ntk/:id", { schema: remove }, async (request, reply) => {
    await deleteNtk(edge.of(request).runs, request.params.id);
    return reply.code(statuses.no_content).send();
  });
}
