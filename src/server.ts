/** The door of the service: reads the configuration, starts, says where it listens, drains. */
import closeWithGrace from "close-with-grace";
import { ConfigError, readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { startService } from "./service.ts";

/** Beside the trainers' budget: for streams and connections to end. */
const closingMs = 10_000;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLog(config.logLevel);
  const service = await startService(config, log);
  log.info({ address: service.address, data_dir: config.dataDir }, "listening");
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
}

try {
  await main();
} catch (error) {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else createLog("info").fatal({ err: error }, "the service could not start");
  process.exit(1);
}
