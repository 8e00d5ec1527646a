/** The calls that send and fetch files of networks, whose bodies are no JSON. */
import type { LinnetClient } from "#client/client.ts";
import type { Model } from "#schemas/model.ts";
import type { Api, ModelFile } from "./api.ts";

interface Answered<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** Unwraps an answer; throws CommandError for a refusal. */
export type Take = <T>(answer: Promise<Answered<T>>) => Promise<T>;

type FileCalls = Pick<Api, "uploadModel" | "sendModelForm" | "modelFile" | "checkpointFile">;

/** The generated types and the schemas' own describe the same contract in different words. */
const same = <T>(value: unknown): T => value as T;

/** A body that goes out as it is. */
const asIs = (body: unknown) => ({
  body: same<undefined>(body),
  bodySerializer: same<never>(keep),
});
const keep = (body: unknown): unknown => body;

async function fileOf(answer: Promise<Answered<unknown>>): Promise<Answered<ModelFile>> {
  const { data, error, response } = await answer;
  if (data === undefined) return { error, response };
  const type = response.headers.get("content-type") ?? "";
  const format = type.includes("tar") ? "tar" : "onnx";
  return { data: { content: same<ReadableStream<Uint8Array>>(data), format }, response };
}

export function fileCalls(client: LinnetClient, take: Take): FileCalls {
  const stream = { parseAs: "stream" } as const;
  const onnx = { headers: { accept: "application/onnx" } };
  return {
    uploadModel: (content, query) =>
      take<Model>(
        same(
          client.POST("/v1/models", {
            params: { query: same(query) },
            headers: { "content-type": "application/onnx" },
            ...asIs(content),
          }),
        ),
      ),
    sendModelForm: (form, query) =>
      take<Model>(
        same(client.POST("/v1/models", { params: { query: same(query) }, ...asIs(form) })),
      ),
    modelFile: (id, query) =>
      take(
        fileOf(
          client.GET("/v1/models/{id}/onnx", {
            params: { path: { id }, query },
            ...stream,
          }),
        ),
      ),
    checkpointFile: (run, checkpoint, query) =>
      take(
        fileOf(
          client.GET("/v1/runs/{id}/checkpoints/{cid}", {
            params: {
              path: { id: run, cid: checkpoint },
              query: { ...query, format: "onnx" },
            },
            ...onnx,
            ...stream,
          }),
        ),
      ),
  };
}
