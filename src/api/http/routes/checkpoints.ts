/** Checkpoints of a run: listed, read, and their weights as safetensors. */
import Type from "typebox";
import type { Backing } from "#api/backing.ts";
import { sendArtifact } from "#api/http/artifact.ts";
import { runOr404 } from "#api/http/entity.ts";
import { etagHeader, ifNoneMatch } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { negotiate } from "#api/http/negotiate.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers } from "#api/http/problem.ts";
import { Bytes, CheckpointPage, ref } from "#api/http/schemas.ts";
import { Checkpoint } from "#schemas/checkpoint.ts";
import { CheckpointId, PageQuery, RunId, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";

const tags = ["checkpoints"];
const params = Type.Object({ id: RunId, cid: CheckpointId }, strict);
const json = "application/json";
const safetensors = "application/vnd.safetensors";

const list = {
  operationId: "listCheckpoints",
  tags,
  summary: "List a run's checkpoints, newest first",
  params: Type.Object({ id: RunId }, strict),
  querystring: Type.Object(PageQuery, strict),
  response: answers(
    { ok: { description: "A page of checkpoints.", schema: ref(CheckpointPage) } },
    ["invalid_request", "cursor_invalid", "not_found"],
  ),
};

const read = {
  operationId: "getCheckpoint",
  tags,
  summary: "Read a checkpoint, or its weights",
  description: `With \`Accept: ${safetensors}\` the weights, one tensor a parameter, with Range.`,
  params,
  headers: ifNoneMatch,
  response: answers(
    {
      ok: {
        description: "The checkpoint, or its weights.",
        schema: ref(Checkpoint),
        media: { [safetensors]: Bytes },
        headers: etagHeader,
      },
      partial: { description: "The range asked for.", media: { [safetensors]: Bytes } },
      not_modified: { description: "You have it." },
    },
    ["not_found", "not_acceptable"],
  ),
};

export function checkpointRoutes(app: App, backing: Backing): void {
  const { artifacts, store } = backing;
  app.get("/v1/runs/:id/checkpoints", { schema: list }, async ({ params: { id }, query }) => {
    await runOr404(store, id);
    const asked = pageRequest(query, "chk");
    return pageAnswer(await store.read((reader) => reader.checkpoints(id, asked)), (row) => row);
  });
  app.get("/v1/runs/:id/checkpoints/:cid", { schema: read }, async (request, reply) => {
    const { id, cid } = request.params;
    const checkpoint = await store.read((reader) => reader.checkpoint(id, cid));
    if (checkpoint === undefined) throw new Failure("not_found", `Run ${id} has no ${cid}.`);
    const type = negotiate(request.headers.accept, [json, safetensors]);
    if (type === json) return checkpoint;
    return sendArtifact({ request, reply }, artifacts, { digest: checkpoint.weights, type });
  });
}
