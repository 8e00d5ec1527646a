/** Data sets: generated on request or uploaded as one file, listed, read, deleted. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import Type, { type Static } from "typebox";
import type { Backing, Edge } from "#api/backing.ts";
import { idempotency, locationHeader } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { DatasetPage, ref } from "#api/http/schemas.ts";
import { digestOf, spoolOf } from "#api/http/spool.ts";
import { spooled, useUpload } from "#catalog/spool.ts";
import { createDataset, deleteDataset, uploadDataset } from "#catalog/uploads.ts";
import { Dataset, DatasetRequest, DatasetUpload } from "#schemas/dataset.ts";
import { DatasetId, Name, oneOf, pageQuery, strict } from "#schemas/values.ts";
import { Failure, failAt } from "#src/failure.ts";

const tags = ["datasets"];
const params = Type.Object({ id: DatasetId }, strict);

const formatNames = ["npz", "safetensors", "csv"] as const;

/** Content type → the format it means; octet-stream needs `?format=`. */
const formats: Readonly<Record<string, (typeof formatNames)[number] | null>> = {
  "application/octet-stream": null,
  "application/zip": "npz",
  "application/x-npz": "npz",
  "application/vnd.safetensors": "safetensors",
  "text/csv": "csv",
};

const uploadQuery = Type.Object(
  {
    name: Type.Optional(Name),
    format: Type.Optional(oneOf(formatNames, "Of an upload; the content type says it otherwise.")),
    label: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 200,
        description: "csv: column of the label, by name or by index (negative from the end).",
      }),
    ),
    task: Type.Optional(
      oneOf(["classification", "regression"], "csv: what the labels are; guessed when absent."),
    ),
    test_fraction: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description: "Share of the examples that become test data, if the file has no test data.",
      }),
    ),
    seed: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 4_294_967_295, description: "Of that division." }),
    ),
  },
  strict,
);

/** Streamed, so nothing of it is validated before it is read. */
const file = { description: "One file." };

const create = {
  operationId: "createDataset",
  tags,
  summary: "Generate or upload a data set",
  description:
    "JSON asks for a generator, or names a resumable upload. Any other body is one file, " +
    "streamed to disk: an npz or safetensors with `x_train`, `y_train`, `x_test`, `y_test`, or a csv with a " +
    "label column. With `Content-Digest` (RFC 9530, sha-256) it is checked.",
  headers: idempotency,
  querystring: uploadQuery,
  body: Type.Unsafe<DatasetRequest | DatasetUpload | Readable>({
    content: {
      "application/json": { schema: Type.Union([ref(DatasetRequest), ref(DatasetUpload)]) },
      ...Object.fromEntries(Object.keys(formats).map((type) => [type, { schema: file }])),
    },
  }),
  response: answers(
    { created: { description: "The data set.", schema: ref(Dataset), headers: locationHeader } },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
      "invalid_dataset",
      "too_large",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
      "storage_full",
      "quota_exceeded",
      "incompatible",
      "upload_conflict",
      "upload_expired",
      "digest_mismatch",
    ],
  ),
};

const list = {
  operationId: "listDatasets",
  tags,
  summary: "List data sets, newest first",
  querystring: Type.Object(pageQuery("dst"), strict),
  response: answers({ ok: { description: "A page of data sets.", schema: ref(DatasetPage) } }, [
    "invalid_request",
    "cursor_invalid",
  ]),
};

const read = {
  operationId: "getDataset",
  tags,
  summary: "Read a data set",
  params,
  response: answers({ ok: { description: "The data set.", schema: ref(Dataset) } }, ["not_found"]),
};

const remove = {
  operationId: "deleteDataset",
  tags,
  summary: "Delete a data set that no run uses any more",
  params,
  response: answers({ no_content: { description: "It is gone." } }, ["not_found", "in_use"]),
};

function formatOf(contentType: string | undefined, query: Static<typeof uploadQuery>) {
  const type = contentType?.split(";")[0]?.trim().toLowerCase() ?? "";
  const format = query.format ?? formats[type];
  if (format) return format;
  throw failAt("invalid_request", "/query/format", "Say npz, safetensors or csv in ?format=.");
}

const isStream = (body: DatasetRequest | DatasetUpload | Readable): body is Readable =>
  "pipe" in body;

export function datasetRoutes(app: App, edge: Edge): void {
  void app.register(async (scope: App) => createRoute(scope, edge));
  app.get("/v1/datasets", { schema: list }, async (request) => {
    const { store } = edge.of(request);
    const page = await store.read((reader) => reader.datasets(pageRequest(request.query, "dst")));
    return pageAnswer(page, (dataset) => dataset);
  });
  app.get("/v1/datasets/:id", { schema: read }, async (request) => {
    const { id } = request.params;
    const dataset = await edge.of(request).store.read((reader) => reader.dataset(id));
    if (dataset === undefined) throw new Failure("not_found", `There is no data set ${id}.`);
    return dataset;
  });
  app.delete("/v1/datasets/:id", { schema: remove }, async (request, reply) => {
    await deleteDataset(edge.of(request).catalog, request.params.id);
    return reply.code(statuses.no_content).send();
  });
}

type UploadQuery = Static<typeof uploadQuery>;

function optionsOf({ name, label, task, test_fraction, seed }: UploadQuery, signal: AbortSignal) {
  return {
    ...(name === undefined ? {} : { name }),
    ...(label === undefined ? {} : { label }),
    ...(task === undefined ? {} : { task }),
    ...(test_fraction === undefined ? {} : { testFraction: test_fraction }),
    ...(seed === undefined ? {} : { seed }),
    signal,
  };
}

interface Uploaded {
  readonly body: Readable;
  readonly query: UploadQuery;
  readonly headers: IncomingHttpHeaders;
  readonly signal: AbortSignal;
}

/** One body that is the whole file. */
async function upload(backing: Backing, { body, query, headers, signal }: Uploaded) {
  const format = formatOf(headers["content-type"], query);
  const length = headers["content-length"];
  const file = {
    // A refused body is left unread rather than cut off, so that the refusal can be answered.
    content: body.iterator({ destroyOnReturn: false }),
    length: length === undefined ? undefined : Number(length),
    digest: digestOf(headers),
    signal,
  };
  return spooled(spoolOf(backing), file, (content) =>
    uploadDataset(backing.catalog, { format, content }, optionsOf(query, signal)),
  );
}

/** An upload that came in pieces. */
async function fromUpload(backing: Backing, body: DatasetUpload, signal: AbortSignal) {
  const { upload: id, format, metadata = {}, ...query } = body;
  return useUpload(spoolOf(backing), id, (content) =>
    uploadDataset(backing.catalog, { format, content }, { ...optionsOf(query, signal), metadata }),
  );
}

function made(backing: Backing, body: DatasetRequest | DatasetUpload, signal: AbortSignal) {
  if ("upload" in body) return fromUpload(backing, body, signal);
  return createDataset(backing.catalog, body, signal);
}

/** In a scope of its own: only here are binary bodies handed on as they come. */
function createRoute(scope: App, edge: Edge): void {
  scope.addContentTypeParser(Object.keys(formats), (_request, payload, done) =>
    done(null, payload),
  );
  scope.post("/v1/datasets", { schema: create }, (request, reply) => {
    const backing = edge.of(request);
    return answerOnce({ backing, request, reply }, async () => {
      const { body, headers, query } = request;
      const dataset = isStream(body)
        ? await upload(backing, { body, query, headers, signal: signalOf(reply) })
        : await made(backing, body, signalOf(reply));
      return { success: "created", location: `/v1/datasets/${dataset.id}`, body: dataset };
    });
  });
}
