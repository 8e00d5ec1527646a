/**
 * Which service a command talks to: the one it was told, the usual one on this machine, or one that
 * it starts inside itself and stops when it ends.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { readEmbeddedConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import type { Api } from "./api.ts";
import type { Context, Everywhere } from "./context.ts";
import { remoteApi } from "./remote.ts";

export interface Connection extends AsyncDisposable {
  readonly api: Api;
  readonly url: string;
  /** Whether this process is the service. */
  readonly embedded: boolean;
}

/** The service at `--url` or LINNET_URL, else at the usual address on this machine. */
export function connect(context: Context, options: Everywhere): Connection {
  const url = options.url ?? context.settings.url ?? context.settings.usualUrl;
  const api = remoteApi(url, context.settings.apiKey);
  return { api, url, embedded: false, [Symbol.asyncDispose]: async () => {} };
}

export interface Embedding {
  /** Where the service keeps its data; a temporary folder that is deleted when absent. */
  readonly data?: string;
  readonly trainersMax?: number;
  readonly threadsPerTrainer?: number;
}

/** The service at `--url` or LINNET_URL, else one started here on a free port of this machine. */
export async function connectOrEmbed(
  context: Context,
  options: Everywhere & Embedding,
): Promise<Connection> {
  const url = options.url ?? context.settings.url;
  return url === undefined ? embed(context, options) : connect(context, options);
}

async function embed(
  { environment }: Context,
  { data, trainersMax, threadsPerTrainer }: Embedding,
): Promise<Connection> {
  // Loaded here alone: a command that only asks a service needs no database.
  const { startService } = await import("#src/service.ts");
  const config = readEmbeddedConfig(environment);
  const dataDir = data === undefined ? await mkdtemp(join(tmpdir(), "linnet-")) : resolve(data);
  const service = await startService(
    {
      ...config,
      dataDir,
      trainersMax: trainersMax ?? config.trainersMax,
      threadsPerTrainer: threadsPerTrainer ?? config.threadsPerTrainer,
    },
    createLog("silent"),
  );
  return {
    api: remoteApi(service.address),
    url: service.address,
    embedded: true,
    [Symbol.asyncDispose]: async () => {
      await service.close();
      if (data === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}
