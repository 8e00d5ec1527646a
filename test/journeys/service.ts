/** A real service with real trainers in a temporary folder, for journeys and campaigns. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Api } from "#cli/api.ts";
import { remoteApi } from "#cli/remote.ts";
import type { RunEvent } from "#schemas/event.ts";
import type { Run } from "#schemas/run.ts";
import { type Config, readEmbeddedConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import { startService } from "#src/service.ts";

export interface Served extends AsyncDisposable {
  readonly api: Api;
  readonly url: string;
}

/** A service on a free port whose folder goes away with it. */
export async function openService(changes: Partial<Config> = {}): Promise<Served> {
  const dataDir = await mkdtemp(join(tmpdir(), "linnet-journey-"));
  const config = { ...readEmbeddedConfig({}), dataDir, ...changes };
  const service = await startService(config, createLog("silent"));
  return {
    api: remoteApi(service.address),
    url: service.address,
    [Symbol.asyncDispose]: async () => {
      await service.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Every event of a run, until it has ended, and the run as it is then. */
export async function whole(
  api: Api,
  id: string,
): Promise<{ readonly run: Run; readonly events: readonly RunEvent[] }> {
  const events: RunEvent[] = [];
  for await (const event of api.follow(id, {})) events.push(event);
  return { run: await api.run(id), events };
}
