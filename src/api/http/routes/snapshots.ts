/** Kernel snapshots of a run: figures, and the kernels themselves in three encodings. */
import Type from "typebox";
import type { Edge } from "#api/backing.ts";
import { runOr404 } from "#api/http/entity.ts";
import { etagHeader, ifNoneMatch } from "#api/http/headers.ts";
import type { App } from "#api/http/instance.ts";
import { kernelEncodings, sendKernel } from "#api/http/kernel-answer.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers } from "#api/http/problem.ts";
import { Bytes, ref, SnapshotPage } from "#api/http/schemas.ts";
import { Snapshot } from "#schemas/snapshot.ts";
import { pageQuery, RunId, SnapshotId, strict } from "#schemas/values.ts";
import { Failure } from "#src/failure.ts";
import type { Store } from "#storage/store.ts";

const tags = ["snapshots"];
const params = Type.Object({ id: RunId, sid: SnapshotId }, strict);

const list = {
  operationId: "listSnapshots",
  tags,
  summary: "List a run's kernel snapshots, newest first",
  params: Type.Object({ id: RunId }, strict),
  querystring: Type.Object(pageQuery("snp"), strict),
  response: answers({ ok: { description: "A page of snapshots.", schema: ref(SnapshotPage) } }, [
    "invalid_request",
    "cursor_invalid",
    "not_found",
  ]),
};

const read = {
  operationId: "getSnapshot",
  tags,
  summary: "Read the figures of a snapshot",
  params,
  response: answers({ ok: { description: "The figures.", schema: ref(Snapshot) } }, ["not_found"]),
};

const kernel = {
  operationId: "getKernel",
  tags,
  summary: "Read the kernel of a snapshot",
  description:
    "safetensors with one tensor `kernel` (the default, with Range), npy, or a PNG heat map. " +
    "[N, O, N, O] is drawn as one matrix of side N·O, [O, N, N] as O blocks below each other.",
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
    ["not_found", "not_acceptable", "storage_corrupt"],
  ),
};

async function snapshotOr404(store: Store, run: string, id: string): Promise<Snapshot> {
  const snapshot = await store.read((reader) => reader.snapshot(run, id));
  if (snapshot !== undefined) return snapshot;
  throw new Failure("not_found", `Run ${run} has no snapshot ${id}.`);
}

export function snapshotRoutes(app: App, edge: Edge): void {
  app.get("/v1/runs/:id/snapshots", { schema: list }, async (request) => {
    const { store } = edge.of(request);
    const { id } = request.params;
    await runOr404(store, id);
    const asked = pageRequest(request.query, "snp");
    return pageAnswer(await store.read((reader) => reader.snapshots(id, asked)), (row) => row);
  });
  app.get("/v1/runs/:id/snapshots/:sid", { schema: read }, async (request) =>
    snapshotOr404(edge.of(request).store, request.params.id, request.params.sid),
  );
  app.get("/v1/runs/:id/snapshots/:sid/kernel", { schema: kernel }, async (request, reply) => {
    const { id, sid } = request.params;
    const { digest } = await snapshotOr404(edge.of(request).store, id, sid);
    if (digest === null) throw new Failure("not_found", "This run keeps no kernels.");
    return sendKernel({ request, reply }, edge.artifacts, digest);
  });
}
