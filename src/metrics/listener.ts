/** Serves the metrics on an address of their own, apart from the service and without keys. */
import Fastify from "fastify";
import type { Log } from "#src/log.ts";
import type { Metrics } from "./metrics.ts";

export interface MetricsListener {
  readonly address: string;
  close(): Promise<void>;
}

/** A scrape that takes longer is given up. */
const requestMsMax = 10_000;
const connectionsMax = 16;

/** Rejects when the address is taken. */
export async function serveMetrics(
  metrics: Metrics,
  { host, port, log }: { readonly host: string; readonly port: number; readonly log: Log },
): Promise<MetricsListener> {
  const app = Fastify({ logger: false, requestTimeout: requestMsMax, forceCloseConnections: true });
  app.server.maxConnections = connectionsMax;
  app.get("/metrics", async (_request, reply) => {
    void reply.type(metrics.contentType);
    return metrics.text();
  });
  app.setErrorHandler((err, _request, reply) => {
    log.error({ err }, "metrics could not be read");
    void reply.send(new Error("metrics could not be read"));
  });
  const address = await app.listen({ host, port, listenTextResolver: () => "" });
  return { address, close: () => app.close() };
}
