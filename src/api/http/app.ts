/** The whole edge: the bare server, its documents, every route, the stream and the dashboard. */
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { Backing } from "#api/backing.ts";
import { dashboardRoutes } from "#api/dashboard/routes.ts";
import { streamRoutes } from "#api/stream/routes.ts";
import { addDocuments } from "./documents.ts";
import { type App, createInstance } from "./instance.ts";
import { checkpointRoutes } from "./routes/checkpoints.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { eventRoutes } from "./routes/events.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { modelRoutes } from "./routes/models.ts";
import { ntkRoutes } from "./routes/ntk.ts";
import { runActionRoutes } from "./routes/run-actions.ts";
import { runRoutes } from "./routes/runs.ts";
import { snapshotRoutes } from "./routes/snapshots.ts";
import { sweepRoutes } from "./routes/sweeps.ts";
import { systemRoutes } from "./routes/system.ts";

/** Pages may load only what this service serves, and connect only to it. */
const directives = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", "data:", "blob:"],
  fontSrc: ["'self'", "data:"],
  connectSrc: ["'self'", "ws:", "wss:"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
  upgradeInsecureRequests: null,
};

/** Headers that a page of an allowed origin may read. */
const exposedHeaders = [
  "etag",
  "location",
  "x-request-id",
  "idempotency-replayed",
  "retry-after",
  "content-range",
  "repr-digest",
];

async function addHeaders(app: App, backing: Backing): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    // Plain HTTP is the usual way on a loopback address; a proxy adds this where it ends TLS.
    strictTransportSecurity: false,
    crossOriginResourcePolicy: { policy: "cross-origin" },
  });
  if (backing.config.allowedOrigins.length === 0) return;
  await app.register(cors, {
    origin: [...backing.config.allowedOrigins],
    methods: ["GET", "HEAD", "POST", "PATCH", "DELETE"],
    exposedHeaders,
    maxAge: 600,
  });
}

/** A server with every route, ready to listen or to be injected. */
export async function createApp(backing: Backing): Promise<App> {
  const app = createInstance(backing);
  await addHeaders(app, backing);
  await addDocuments(app, backing);
  await streamRoutes(app, backing);
  modelRoutes(app, backing);
  datasetRoutes(app, backing);
  runRoutes(app, backing);
  runActionRoutes(app, backing);
  eventRoutes(app, backing);
  metricsRoutes(app, backing);
  snapshotRoutes(app, backing);
  checkpointRoutes(app, backing);
  sweepRoutes(app, backing);
  ntkRoutes(app, backing);
  systemRoutes(app, backing);
  dashboardRoutes(app);
  await app.ready();
  return app;
}
