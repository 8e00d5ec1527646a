/** Models and checkpoints as ONNX files: what may be asked for, and the answer. */
import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import type { Backing, Edge } from "#api/backing.ts";
import { sendArtifact } from "#api/http/artifact.ts";
import { etagHeader, ifNoneMatch } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answers } from "#api/http/problem.ts";
import { Bytes } from "#api/http/schemas.ts";
import { type ExportRequest, exportModel } from "#catalog/imports.ts";
import { getModel } from "#catalog/models.ts";
import type { Model } from "#schemas/model.ts";
import { ModelId, oneOf, strict } from "#schemas/values.ts";

export const onnxType = "application/onnx";
const tarType = "application/x-tar";

/** Media types of an exported file. */
export const onnxMedia = { [onnxType]: Bytes, [tarType]: Bytes };

export const graphQuery = {
  graph: Type.Optional(
    oneOf(
      ["original", "clean"],
      "ONNX: original (usual) keeps the file that the model came from and changes its weights " +
        "only; clean writes a new graph. A model without a file has a clean one only.",
    ),
  ),
};

const seedQuery = Type.Optional(
  Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: "Of weights that are drawn." }),
);
const query = Type.Object({ ...graphQuery, seed: seedQuery }, strict);

const types = { onnx: onnxType, tar: tarType } as const;

interface Asked extends ExportRequest {
  /** Of the file, without its ending. */
  readonly name: string;
}

/** Answers with the file, or with a tar of the file and its weights. */
export async function sendOnnx(
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  { artifacts, workshop }: Backing,
  { model, asked: { name, ...asked } }: { readonly model: Model; readonly asked: Asked },
) {
  const exported = await exportModel(workshop, model, { ...asked, signal: signalOf(reply) });
  const { digest, format } = exported;
  void reply.header("content-disposition", `attachment; filename="${name}.${format}"`);
  return sendArtifact({ request, reply }, artifacts, { digest, type: types[format] });
}

const read = {
  operationId: "getModelOnnx",
  tags: ["models"],
  summary: "Read a model as an ONNX file",
  description:
    "The file that it was imported from, or a new graph with the weights that a run begins with. " +
    "Where weights need more than 1.5 GiB the answer is a tar of `model.onnx` and `weights.bin`.",
  params: Type.Object({ id: ModelId }, strict),
  headers: ifNoneMatch,
  querystring: query,
  response: answers(
    {
      ok: { description: "The file.", media: onnxMedia, headers: etagHeader },
      partial: { description: "The range asked for.", media: onnxMedia },
      not_modified: { description: "You have it." },
    },
    ["invalid_request", "not_found", "incompatible", "queue_full"],
  ),
};

export function onnxRoutes(app: App, edge: Edge): void {
  app.get("/v1/models/:id/onnx", { schema: read }, async (request, reply) => {
    const backing = edge.of(request);
    const { id } = request.params;
    const { graph = "original", seed = 0 }: Static<typeof query> = request.query;
    const model = await getModel(backing.catalog, id);
    const asked = { name: id, weights: { seed }, function: "network", graph } as const;
    return sendOnnx({ request, reply }, backing, { model, asked });
  });
}
