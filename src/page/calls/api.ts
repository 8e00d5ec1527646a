/** The calls that the page makes, by name; nothing that the published API does not offer. */
import type { Checkpoint } from "#schemas/checkpoint.ts";
import type { Comparison } from "#schemas/comparison.ts";
import type { Dataset, DatasetRequest } from "#schemas/dataset.ts";
import type { Devices } from "#schemas/device.ts";
import type { EventPage } from "#schemas/event-page.ts";
import type { Metrics } from "#schemas/metrics.ts";
import type { Model } from "#schemas/model.ts";
import type { ForkRequest, Run, RunRequest, Steering } from "#schemas/run.ts";
import type { Snapshot } from "#schemas/snapshot.ts";
import { call, respond } from "./request.ts";

export interface Rows<T> {
  readonly data: readonly T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

const rowsMax = 200;
const pagesMax = 20;

/** Every row of a listing, page after page, up to a limit. */
async function all<T>(path: string, signal?: AbortSignal): Promise<T[]> {
  const rows: T[] = [];
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page += 1) {
    const cursor: string = after === null ? "" : `&after=${encodeURIComponent(after)}`;
    const answer: Rows<T> = await call<Rows<T>>(`${path}?limit=${rowsMax}${cursor}`, { signal });
    rows.push(...answer.data);
    if (!answer.has_more || answer.next_cursor === null) break;
    after = answer.next_cursor;
  }
  return rows;
}

const runPath = (id: string): string => `/v1/runs/${encodeURIComponent(id)}`;

export const api = {
  runs: (limit: number, after?: string) =>
    call<Rows<Run>>(
      `/v1/runs?limit=${limit}${after === undefined ? "" : `&after=${encodeURIComponent(after)}`}`,
    ),
  run: (id: string, signal?: AbortSignal) => call<Run>(runPath(id), { signal }),
  compare: (runs: readonly string[]) =>
    call<Comparison>(
      `/v1/compare?runs=${runs.map(encodeURIComponent).join(",")}&names=loss&points=2`,
    ),
  createRun: (body: RunRequest) => call<Run>("/v1/runs", { method: "POST", body }),
  steer: (id: string, body: Steering) => call<Run>(runPath(id), { method: "PATCH", body }),
  act: (id: string, action: "pause" | "resume" | "cancel") =>
    call<Run>(`${runPath(id)}/${action}`, { method: "POST" }),
  fork: (id: string, body: ForkRequest) =>
    call<Run>(`${runPath(id)}/fork`, { method: "POST", body }),
  deleteRun: (id: string) => call<void>(runPath(id), { method: "DELETE" }),
  metrics: (id: string, names: readonly string[], points: number) =>
    call<Metrics>(`${runPath(id)}/metrics?names=${names.join(",")}&points=${points}`),
  events: (id: string, after: number, limit: number) =>
    call<EventPage>(`${runPath(id)}/events?after=${after}&limit=${limit}`),
  kernel: async (id: string, snapshot: string, signal?: AbortSignal) => {
    const path = `${runPath(id)}/snapshots/${encodeURIComponent(snapshot)}/kernel`;
    const headers = { accept: "application/vnd.safetensors" };
    return (await respond(path, { headers, signal })).arrayBuffer();
  },
  snapshots: (id: string) => all<Snapshot>(`${runPath(id)}/snapshots`),
  weights: async (id: string, checkpoint: string) => {
    const path = `${runPath(id)}/checkpoints/${encodeURIComponent(checkpoint)}`;
    return (await respond(path, { headers: { accept: "application/vnd.safetensors" } })).blob();
  },
  checkpoints: (id: string) => all<Checkpoint>(`${runPath(id)}/checkpoints`),
  models: () => all<Model>("/v1/models"),
  model: (id: string) => call<Model>(`/v1/models/${encodeURIComponent(id)}`),
  createModel: (body: unknown) => call<Model>("/v1/models", { method: "POST", body }),
  uploadModel: (name: string, file: Blob) =>
    call<Model>(`/v1/models?name=${encodeURIComponent(name)}`, {
      method: "POST",
      body: file,
      headers: { "content-type": "application/octet-stream" },
    }),
  onnx: async (id: string) => {
    const path = `/v1/models/${encodeURIComponent(id)}/onnx`;
    return (await respond(path, { headers: { accept: "application/octet-stream, */*" } })).blob();
  },
  deleteModel: (id: string) =>
    call<void>(`/v1/models/${encodeURIComponent(id)}`, { method: "DELETE" }),
  datasets: () => all<Dataset>("/v1/datasets"),
  dataset: (id: string) => call<Dataset>(`/v1/datasets/${encodeURIComponent(id)}`),
  createDataset: (body: DatasetRequest) => call<Dataset>("/v1/datasets", { method: "POST", body }),
  uploadDataset: (name: string, format: string, file: Blob) => {
    const query = new URLSearchParams({ name, format });
    const headers = { "content-type": "application/octet-stream" };
    return call<Dataset>(`/v1/datasets?${query}`, { method: "POST", body: file, headers });
  },
  deleteDataset: (id: string) =>
    call<void>(`/v1/datasets/${encodeURIComponent(id)}`, { method: "DELETE" }),
  devices: () => call<Devices>("/v1/devices"),
};
