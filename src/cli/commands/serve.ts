/** `linnet serve`: the service in this process until it is told to end. */

import type { Context } from "#cli/context.ts";
import type { Ending } from "#cli/exit.ts";
import { readConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import { startService } from "#src/service.ts";

export interface ServeOptions {
  readonly host?: string;
  readonly port?: number;
  readonly data?: string;
}

/** Flags win over the environment. Ctrl-C and SIGTERM drain, which is how a service ends well. */
export async function serve(context: Context, options: ServeOptions): Promise<Ending> {
  const config = readConfig({
    ...context.environment,
    ...(options.host === undefined ? {} : { LINNET_HOST: options.host }),
    ...(options.port === undefined ? {} : { LINNET_PORT: String(options.port) }),
    ...(options.data === undefined ? {} : { LINNET_DATA_DIR: options.data }),
  });
  const { terminal, interrupt } = context;
  const log = createLog(config.logLevel);
  const service = await startService(config, log);
  log.info({ address: service.address, data_dir: config.dataDir }, "listening");
  terminal.err(`Linnet listens on ${service.address}; Ctrl-C ends it.\n`);
  if (!interrupt.aborted) {
    await new Promise((resolve) => interrupt.addEventListener("abort", resolve, { once: true }));
  }
  await service.close();
  return "ok";
}
