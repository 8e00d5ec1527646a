/** Checkpoints of a run: listed, read, and their weights as safetensors. */

import type { FastifyReply, FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import type { Backing, Edge } from "#api/backing.ts";
import { sendArtifact } from "#api/http/artifact.ts";
import { runOr404 } from "#api/http/entity.ts";
import { etagHeader, ifNoneMatch } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers } from "#api/http/problem.ts";
import { Bytes, CheckpointPage, ref } from "#api/http/schemas.ts";
import { Checkpoint } from "#schemas/checkpoint.ts";
import { CheckpointId, oneOf, pageQuery, RunId, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import { graphQuery, onnxMedia, onnxType, sendOnnx } from "./onnx.ts";

const tags = ["checkpoints"];
const params = Type.Object({ id: RunId, cid: CheckpointId }, strict);
const json = "application/json";
const safetensors = "application/vnd.safetensors";

const list = {
  operationId: "listCheckpoints",
  tags,
  summary: "List a run's checkpoints, newest first",
  params: Type.Object({ id: RunId }, strict),
  querystring: Type.Object(pageQuery("chk"), strict),
  response: answers(
    { ok: { description: "A page of checkpoints.", schema: ref(CheckpointPage) } },
    ["invalid_request", "cursor_invalid", "not_found"],
  ),
};

const readQuery = Type.Object(
  {
    format: Type.Optional(oneOf(["json", "safetensors", "onnx"], "Stands above Accept.")),
    function: Type.Optional(
      oneOf(
        ["network", "linearised"],
        "ONNX: the network (usual), or its linearisation around the anchor, which holds both.",
      ),
    ),
    ...graphQuery,
  },
  strict,
);

const read = {
  operationId: "getCheckpoint",
  tags,
  summary: "Read a checkpoint, or its weights",
  description:
    `With \`Accept: ${safetensors}\` the weights, one tensor a parameter, with Range. With ` +
    `\`Accept: ${onnxType}\` or \`?format=onnx\` the network with them as an ONNX file; where ` +
    "they need more than 1.5 GiB, as a tar of `model.onnx` and `weights.bin`.",
  params,
  headers: ifNoneMatch,
  querystring: readQuery,
  response: answers(
    {
      ok: {
        description: "The checkpoint, or its weights.",
        schema: ref(Checkpoint),
        media: { [safetensors]: Bytes, ...onnxMedia },
        headers: etagHeader,
      },
      partial: {
        description: "The range asked for.",
        media: { [safetensors]: Bytes, ...onnxMedia },
      },
      not_modified: { description: "You have it." },
    },
    ["invalid_request", "not_found", "not_acceptable", "conflict", "incompatible", "queue_full"],
  ),
};

type ReadQuery = Static<typeof readQuery>;

function typeOf(accept: string | undefined, { format }: ReadQuery): string {
  if (format === undefined) return negotiate(accept, [json, safetensors, onnxType]);
  return { json, safetensors, onnx: onnxType }[format];
}

/** The run's network at a checkpoint. Failure `conflict` where its model is gone. */
async function checkpointOnnx(
  answering: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  backing: Backing,
  at: { readonly checkpoint: Checkpoint; readonly query: ReadQuery },
) {
  const { id, run, digest } = at.checkpoint;
  const model = await backing.store.read(async (reader) => {
    const record = await reader.run(run);
    return record && reader.model(record.run.model);
  });
  if (model === undefined) throw new Failure("conflict", `The model of run ${run} was deleted.`);
  const { graph = "original", function: which = "network" } = at.query;
  const asked = { name: id, weights: { checkpoint: digest }, function: which, graph } as const;
  return sendOnnx(answering, backing, { model, asked });
}

export function checkpointRoutes(app: App, edge: Edge): void {
  app.get("/v1/runs/:id/checkpoints", { schema: list }, async (request) => {
    const { store } = edge.of(request);
    const { id } = request.params;
    await runOr404(store, id);
    const asked = pageRequest(request.query, "chk");
    return pageAnswer(await store.read((reader) => reader.checkpoints(id, asked)), (row) => row);
  });
  app.get("/v1/runs/:id/checkpoints/:cid", { schema: read }, async (request, reply) => {
    const { id, cid } = request.params;
    const backing = edge.of(request);
    const { artifacts, store } = backing;
    const checkpoint = await store.read((reader) => reader.checkpoint(id, cid));
    if (checkpoint === undefined) throw new Failure("not_found", `Run ${id} has no ${cid}.`);
    const { query } = request;
    const type = typeOf(request.headers.accept, query);
    if (type === json) return checkpoint;
    if (type === onnxType) {
      return await checkpointOnnx({ request, reply }, backing, { checkpoint, query });
    }
    return sendArtifact({ request, reply }, artifacts, { digest: checkpoint.weights, type });
  });
}
