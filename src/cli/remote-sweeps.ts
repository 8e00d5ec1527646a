/** The calls about sweeps, comparisons and one-off kernels, through the typed client. */
import type { LinnetClient } from "#client/client.ts";
import { type FollowSweepOptions, followSweep } from "#client/follow-sweep.ts";
import type { SweepApi } from "./api.ts";
import type { Take } from "./remote-files.ts";

/** The generated types and the schemas' own describe the same contract in different words. */
const same = <T>(value: unknown): T => value as T;

const acts = {
  cancel: "/v1/sweeps/{id}/cancel",
  pause: "/v1/sweeps/{id}/pause",
  resume: "/v1/sweeps/{id}/resume",
} as const;

export interface SweepCallsOptions {
  readonly client: LinnetClient;
  readonly take: Take;
  /** Where the stream is, and with what it is opened. */
  readonly stream: Pick<FollowSweepOptions, "baseUrl" | "apiKey" | "attemptsMax">;
  /** Turns what the stream refuses into an error for people. */
  readonly followed: <T>(frames: AsyncIterable<T>) => AsyncIterable<T>;
}

export function sweepCalls({ client, take, stream, followed }: SweepCallsOptions): SweepApi {
  const one = (id: string) => ({ params: { path: { id } } });
  return {
    createSweep: (body) => take(same(client.POST("/v1/sweeps", { body: same(body) }))),
    sweeps: (query) => take(same(client.GET("/v1/sweeps", { params: { query } }))),
    sweep: (id, query = {}) =>
      take(same(client.GET("/v1/sweeps/{id}", { params: { path: { id }, query } }))),
    sweepCsv: (id, query = {}) =>
      take(
        same(
          client.GET("/v1/sweeps/{id}", {
            params: { path: { id }, query },
            headers: { accept: "text/csv" },
            parseAs: "text",
          }),
        ),
      ),
    actOnSweep: (id, action) => take(same(client.POST(acts[action], one(id)))),
    followSweep: (sweep, request) => followed(followSweep({ ...stream, sweep, ...request })),
    compare: ({ runs, ...query }) =>
      take(same(client.GET("/v1/compare", { params: { query: { ...query, runs: [...runs] } } }))),
    createNtk: (body) => take(same(client.POST("/v1/ntk", { body: same(body) }))),
    ntk: (id) => take(same(client.GET("/v1/ntk/{id}", one(id)))),
    ntkKernel: (id, type) =>
      take(
        same(
          client.GET("/v1/ntk/{id}/kernel", {
            ...one(id),
            headers: { accept: type },
            parseAs: "stream",
          }),
        ),
      ),
  };
}
