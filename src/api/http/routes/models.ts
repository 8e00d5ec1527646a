/** Models: made from a JSON definition, listed, read, deleted. */
import Type from "typebox";
import type { Backing } from "#api/backing.ts";
import { idempotency, locationHeader } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ModelPage, ref } from "#api/http/schemas.ts";
import { createModel, deleteModel } from "#catalog/models.ts";
import { Model, ModelRequest } from "#schemas/model.ts";
import { ModelId, PageQuery, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";

const tags = ["models"];
const params = Type.Object({ id: ModelId }, strict);

const create = {
  operationId: "createModel",
  tags,
  summary: "Make a model from a definition",
  description: "Shapes are checked and parameters counted at once; weights are drawn by the run.",
  headers: idempotency,
  body: ref(ModelRequest),
  response: answers(
    { created: { description: "The model.", schema: ref(Model), headers: locationHeader } },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
      "invalid_model",
      "too_large",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
      "storage_full",
    ],
  ),
};

const list = {
  operationId: "listModels",
  tags,
  summary: "List models, newest first",
  querystring: Type.Object(PageQuery, strict),
  response: answers({ ok: { description: "A page of models.", schema: ref(ModelPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

const read = {
  operationId: "getModel",
  tags,
  summary: "Read a model",
  params,
  response: answers({ ok: { description: "The model.", schema: ref(Model) } }, ["not_found"]),
};

const remove = {
  operationId: "deleteModel",
  tags,
  summary: "Delete a model that no run uses any more",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found", "in_use"]),
};

export function modelRoutes(app: App, backing: Backing): void {
  const { catalog, store } = backing;
  app.post("/v1/models", { schema: create }, (request, reply) =>
    answerOnce({ backing, request, reply }, async () => {
      const model = await createModel(catalog, request.body);
      return { success: "created", location: `/v1/models/${model.id}`, body: model };
    }),
  );
  app.get("/v1/models", { schema: list }, async ({ query }) => {
    const page = await store.read((reader) => reader.models(pageRequest(query, "mdl")));
    return pageAnswer(page, (model) => model);
  });
  app.get("/v1/models/:id", { schema: read }, async ({ params: { id } }) => {
    const model = await store.read((reader) => reader.model(id));
    if (model === undefined) throw new Failure("not_found", `There is no model ${id}.`);
    return model;
  });
  app.delete("/v1/models/:id", { schema: remove }, async ({ params: { id } }, reply) => {
    await deleteModel(catalog, id);
    return reply.code(statuses.no_content).send();
  });
}
