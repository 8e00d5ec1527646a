/**
 * Models made from what is sent: a definition or a Keras topology in JSON, an ONNX file, or a form
 * of a topology and its weights. What they mean is the catalog's to say.
 */
import type { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import type { FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import type { Backing, Edge } from "#api/backing.ts";
import { formOf } from "#api/http/form.ts";
import { idempotency, locationHeader } from "#api/http/headers.ts";
import { signalOf } from "#api/http/hooks.ts";
import type { App } from "#api/http/instance.ts";
import { answerOnce } from "#api/http/once.ts";
import { answers } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { spoolOf } from "#api/http/spool.ts";
import { importModel } from "#catalog/imports.ts";
import { createKerasModel } from "#catalog/keras/create.ts";
import { createModel } from "#catalog/models.ts";
import { useUpload } from "#catalog/spool.ts";
import { KerasOptions, LayersModel } from "#schemas/keras.ts";
import { ImportOptions, Model, ModelRequest, ModelUpload } from "#schemas/model.ts";
import { Name, strict } from "#schemas/values.ts";
import { Failure, failAt } from "#src/failure.ts";

const fileTypes = ["application/octet-stream", "application/onnx", "application/x-onnx"];
const formType = "multipart/form-data";
const partsMax = 4096;

const { fixed: _, ...options } = ImportOptions.properties;
const uploadQuery = Type.Object(
  {
    name: Type.Optional(Name),
    ...options,
    fixed: Type.Optional(
      Type.Array(Type.String({ pattern: "^.{1,400}:-?[0-9.eE+-]{1,30}$" }), {
        maxItems: 64,
        description: "ONNX: one number that fills each further input, as `name:number`.",
      }),
    ),
    ...KerasOptions.properties,
  },
  strict,
);
type UploadQuery = Static<typeof uploadQuery>;
type JsonBody = ModelRequest | LayersModel | ModelUpload;

/** Streamed, so nothing of it is validated before it is read. */
const file = { description: "One ONNX file." };
const form = {
  description: "`model.json` of a layers model, and the files of weights that it names.",
};

const create = {
  operationId: "createModel",
  tags: ["models"],
  summary: "Make a model from a definition or a file",
  description:
    "JSON is a definition, the `model.json` of a Keras or TF.js layers model, whose weights may " +
    "come with it as a form, or names a resumable upload of an ONNX file. Any other body is an " +
    "ONNX file, streamed to disk and compared with ONNX Runtime. Shapes are checked and " +
    "parameters counted at once; weights that are not given are drawn by the run.",
  headers: idempotency,
  querystring: uploadQuery,
  body: Type.Unsafe<JsonBody | Readable | undefined>({
    content: {
      "application/json": {
        schema: { anyOf: [ref(ModelRequest), ref(LayersModel), ref(ModelUpload)] },
      },
      ...Object.fromEntries(fileTypes.map((type) => [type, { schema: file }])),
      [formType]: { schema: form },
    },
  }),
  response: answers(
    { created: { description: "The model.", schema: ref(Model), headers: locationHeader } },
    [
      "invalid_request",
      "malformed_body",
      "unsupported_media_type",
      "body_too_large",
      "invalid_model",
      "too_large",
      "queue_full",
      "idempotency_key_malformed",
      "idempotency_key_reused",
      "idempotency_in_flight",
      "storage_full",
      "quota_exceeded",
      "incompatible",
      "upload_conflict",
      "upload_expired",
    ],
  ),
};

function importOptions(query: UploadQuery): ImportOptions {
  const { fixed, name: _n, statistics: _s, dropout: _d, final_softmax: _f, ...same } = query;
  if (fixed === undefined) return same;
  const numbers = fixed.map((text) => {
    const at = text.lastIndexOf(":");
    return [text.slice(0, at), Number(text.slice(at + 1))] as const;
  });
  const wrong = numbers.find(([, number]) => !Number.isFinite(number));
  if (wrong !== undefined) {
    throw failAt("invalid_request", "/query/fixed", `Give a number for "${wrong[0]}".`);
  }
  return { ...same, fixed: Object.fromEntries(numbers) };
}

function kerasOptions({ statistics, dropout, final_softmax, input_shape }: UploadQuery) {
  return {
    ...(statistics === undefined ? {} : { statistics }),
    ...(dropout === undefined ? {} : { dropout }),
    ...(final_softmax === undefined ? {} : { final_softmax }),
    ...(input_shape === undefined ? {} : { input_shape }),
  };
}

interface Sent {
  readonly request: FastifyRequest;
  readonly body: JsonBody | Readable | undefined;
  readonly query: UploadQuery;
  readonly signal: AbortSignal;
}

const isStream = (body: JsonBody | Readable): body is Readable => "pipe" in body;
const isUpload = (body: JsonBody): body is ModelUpload => "upload" in body;
const isTopology = (body: ModelRequest | LayersModel): body is LayersModel =>
  !("definition" in body);

/** An ONNX file that came in pieces. */
function fromUpload(backing: Backing, body: ModelUpload, signal: AbortSignal): Promise<Model> {
  const { upload: id, name = null, metadata = {}, ...options } = body;
  return useUpload(spoolOf(backing), id, (content) =>
    importModel(backing.catalog, backing.workshop, { name, metadata, options, content, signal }),
  );
}

async function made(backing: Backing, sent: Sent): Promise<Model> {
  const { catalog, workshop } = backing;
  const { request, body, query, signal } = sent;
  const named = { ...(query.name === undefined ? {} : { name: query.name }), signal };
  const { uploadBytesMax } = catalog.limits;
  if (Number(request.headers["content-length"] ?? 0) > uploadBytesMax) {
    throw new Failure("body_too_large", `An upload may have at most ${uploadBytesMax} bytes.`);
  }
  if (request.isMultipart()) {
    const { document, shards } = await formOf(request, catalog, signal);
    const about = { ...named, options: kerasOptions(query), shards };
    return createKerasModel(catalog, workshop, { ...about, document });
  }
  if (body === undefined || body === null)
    throw failAt("invalid_request", "", "The body is empty.");
  if (isStream(body)) {
    // A refused body is left unread rather than cut off, so that the refusal can be answered.
    const content = body.iterator({ destroyOnReturn: false });
    return importModel(catalog, workshop, { ...named, content, options: importOptions(query) });
  }
  if (isUpload(body)) return fromUpload(backing, body, signal);
  if (!isTopology(body)) return createModel(catalog, body);
  const about = { ...named, options: kerasOptions(query), shards: new Map() };
  return createKerasModel(catalog, workshop, { ...about, document: body });
}

/** In a scope of its own: only here are files and forms handed on as they come. */
export async function modelCreateRoute(scope: App, edge: Edge): Promise<void> {
  await scope.register(multipart, {
    limits: { files: partsMax, fields: partsMax, fileSize: Number.POSITIVE_INFINITY },
  });
  scope.addContentTypeParser(fileTypes, (_request, payload, done) => done(null, payload));
  scope.post("/v1/models", { schema: create }, (request, reply) => {
    const backing = edge.of(request);
    return answerOnce({ backing, request, reply }, async () => {
      const { body, query } = request;
      const model = await made(backing, { request, body, query, signal: signalOf(reply) });
      return { success: "created", location: `/v1/models/${model.id}`, body: model };
    });
  });
}
