/** The door of the service: reads the configuration, starts, says where it listens, drains. */
import { enableCompileCache, flushCompileCache } from "node:module";
import { join } from "node:path";
import closeWithGrace from "close-with-grace";
import { type Config, ConfigError, readConfig } from "./config.ts";
import { createLog } from "./log.ts";

/** Beside the trainers' budget: for streams and connections to end. */
const closingMs = 10_000;

/**
 * Has compiled code kept in the data folder, for this process and its trainers: stripping types and
 * compiling takes longer than everything else that a start does. A cache that cannot be written or
 * is damaged is passed over by Node.
 */
function withCodeCache(config: Config): Config {
  const given = config.environment["NODE_COMPILE_CACHE"] ?? join(config.dataDir, "code");
  const { directory } = enableCompileCache(given);
  if (directory === undefined) return config;
  return { ...config, environment: { ...config.environment, NODE_COMPILE_CACHE: given } };
}

async function main(): Promise<void> {
  const config = withCodeCache(readConfig());
  const log = createLog(config.logLevel);
  // Not above: what a file imports statically is compiled before its first line runs.
  const { startService } = await import("./service.ts");
  const service = await startService(config, log);
  // A process that is killed would write nothing.
  flushCompileCache();
  closeWithGrace(
    {
      delay: config.drainMs + closingMs,
      logger: false,
      onSecondSignal: (signal) => log.warn({ signal }, "asked twice: ending at once"),
      onTimeout: () => log.error("draining took too long: ending at once"),
    },
    async ({ signal, err }) => {
      if (err) log.fatal({ err }, "a bug ended the service");
      log.info({ signal }, "draining");
      await service.close();
      log.info("closed");
    },
  );
  // Last: whoever reads this may ask for the end at once, and is to get it in order.
  log.info({ address: service.address, data_dir: config.dataDir }, "listening");
}

try {
  await main();
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog("info").fatal({ err: error }, "the service could not start");
  process.exit(1);
}
