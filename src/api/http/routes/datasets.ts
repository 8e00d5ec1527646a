/** Data sets: generated on request or uploaded as one file, listed, read, deleted. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import Type, { type Static } from "typebox";
import type { Backing } from "#api/backing.ts";
import { idempotency, locationHeader } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { pageAnswer, pageRequest } from "#api/http/paging.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { DatasetPage, ref } from "#api/http/schemas.ts";
import { createDataset, deleteDataset, uploadDataset } from "#catalog/uploads.ts";
import { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import { DatasetId, Name, oneOf, PageQuery, strict } from "#schemas/values.ts";
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
    "JSON asks for a generator. Any other body is one file, streamed to disk: an npz or " +
    "safetensors with `x_train`, `y_train`, `x_test`, `y_test`, or a csv with a label column.",
  headers: idempotency,
  querystring: uploadQuery,
  body: Type.Unsafe<DatasetRequest | Readable>({
    content: {
      "application/json": { schema: ref(DatasetRequest) },
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
    ],
  ),
};

const list = {
  operationId: "listDatasets",
  tags,
  summary: "List data sets, newest first",
  querystring: Type.Object(PageQuery, strict),
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

const isStream = (body: DatasetRequest | Readable): body is Readable => "pipe" in body;

export function datasetRoutes(app: App, backing: Backing): void {
  void app.register(async (scope: App) => createRoute(scope, backing));
  const { catalog, store } = backing;
  app.get("/v1/datasets", { schema: list }, async ({ query }) => {
    const page = await store.read((reader) => reader.datasets(pageRequest(query, "dst")));
    return pageAnswer(page, (dataset) => dataset);
  });
  app.get("/v1/datasets/:id", { schema: read }, async ({ params: { id } }) => {
    const dataset = await store.read((reader) => reader.dataset(id));
    if (dataset === undefined) throw new Failure("not_found", `There is no data set ${id}.`);
    return dataset;
  });
  app.delete("/v1/datasets/:id", { schema: remove }, async ({ params: { id } }, reply) => {
    await deleteDataset(catalog, id);
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

async function upload({ catalog }: Backing, { body, query, headers, signal }: Uploaded) {
  const { uploadBytesMax } = catalog.limits;
  if (Number(headers["content-length"] ?? 0) > uploadBytesMax) {
    throw new Failure("body_too_large", `An upload may have at most ${uploadBytesMax} bytes.`);
  }
  const format = formatOf(headers["content-type"], query);
  // A refused body is left unread rather than cut off, so that the refusal can be answered.
  const content = body.iterator({ destroyOnReturn: false });
  return uploadDataset(catalog, { format, content }, optionsOf(query, signal));
}

/** In a scope of its own: only here are binary bodies handed on as they come. */
function createRoute(scope: App, backing: Backing): void {
  scope.addContentTypeParser(Object.keys(formats), (_request, payload, done) =>
    done(null, payload),
  );
  scope.post("/v1/datasets", { schema: create }, (request, reply) =>
    answerOnce({ backing, request, reply }, async () => {
      const { body, headers, query } = request;
      const dataset = isStream(body)
        ? await upload(backing, { body, query, headers, signal: signalOf(reply) })
        : await createDataset(backing.catalog, body);
      return { success: "created", location: `/v1/datasets/${dataset.id}`, body: dataset };
    }),
  );
}
