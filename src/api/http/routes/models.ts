/** Models: listed, read, deleted. How they are made, and their files, are in files of their own. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import type { App } from "#api/http/instance.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ModelPage, ref } from "#api/http/schemas.ts";
import { deleteModel } from "#catalog/models.ts";
import { Model } from "#schemas/model.ts";
import { ModelId, pageQuery, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import { modelCreateRoute } from "./model-create.ts";
import { onnxRoutes } from "./onnx.ts";

const tags = ["models"];
const params = Type.Object({ id: ModelId }, strict);

const list = {
  operationId: "listModels",
  tags,
  summary: "List models, newest first",
  querystring: Type.Object(pageQuery("mdl"), strict),
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

export function modelRoutes(app: App, edge: Edge): void {
  void app.register(async (scope: App) => modelCreateRoute(scope, edge));
  onnxRoutes(app, edge);
  app.get("/v1/models", { schema: list }, async (request) => {
    const { store } = edge.of(request);
    const page = await store.read((reader) => reader.models(pageRequest(request.query, "mdl")));
    return pageAnswer(page, (model) => model);
  });
  app.get("/v1/models/:id", { schema: read }, async (request) => {
    const { id } = request.params;
    const model = await edge.of(request).store.read((reader) => reader.model(id));
    if (model === undefined) throw new Failure("not_found", `There is no model ${id}.`);
    return model;
  });
  app.delete("/v1/models/:id", { schema: remove }, async (request, reply) => {
    await deleteModel(edge.of(request).catalog, request.params.id);
    return reply.code(statuses.no_content).send();
  });
}
