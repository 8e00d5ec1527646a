/** The whole edge: the bare server, its documents, every route, the stream and the dashboard. */
import cors from "@fastify/cors";
import helmet from "@fastify/helmet";
import type { Backing } from "#api/backing.ts";
import { dashboardRoutes } from "#api/dashboard/routes.ts";
import { edgeOf } from "#api/edge.ts";
import { streamRoutes } from "#api/stream/routes.ts";
import { addDocuments } from "./documents.ts";
import { admit, identify } from "./hooks.ts";
import { type App, createInstance } from "./instance.ts";
import { addRates } from "./rates.ts";
import { checkpointRoutes } from "./routes/checkpoints.ts";
import { compareRoutes } from "./routes/compare.ts";
import { datasetRoutes } from "./routes/datasets.ts";
import { eventRoutes } from "./routes/events.ts";
import { keyRoutes } from "./routes/keys.ts";
import { metricsRoutes } from "./routes/metrics.ts";
import { modelRoutes } from "./routes/models.ts";
import { ntkRoutes } from "./routes/ntk.ts";
import { planRoutes } from "./routes/plans.ts";
import { runActionRoutes } from "./routes/run-actions.ts";
import { runRoutes } from "./routes/runs.ts";
import { snapshotRoutes } from "./routes/snapshots.ts";
import { sweepEventRoutes } from "./routes/sweep-events.ts";
import { sweepRoutes } from "./routes/sweeps.ts";
import { systemRoutes } from "./routes/system.ts";
import { uploadRoutes } from "./routes/uploads.ts";

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
  "ratelimit",
  "ratelimit-policy",
  "www-authenticate",
  "tus-resumable",
  "upload-offset",
  "upload-length",
  "upload-expires",
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
    methods: ["GET", "HEAD", "OPTIONS", "POST", "PATCH", "DELETE"],
    exposedHeaders,
    maxAge: 600,
  });
}

/** A server with every route, ready to listen or to be injected. */
export async function createApp(backing: Backing): Promise<App> {
  const app = createInstance(backing);
  const rates = await addRates(app, backing);
  app.addHook("onRequest", admit(backing, rates));
  await addHeaders(app, backing);
  // After the headers for browsers, so that a page can read why it was refused.
  app.addHook("onRequest", identify(backing, rates));
  await addDocuments(app, backing);
  const edge = edgeOf(backing);
  await streamRoutes(app, edge);
  modelRoutes(app, edge);
  datasetRoutes(app, edge);
  runRoutes(app, edge);
  runActionRoutes(app, edge);
  eventRoutes(app, edge);
  metricsRoutes(app, edge);
  snapshotRoutes(app, edge);
  compareRoutes(app, edge);
  checkpointRoutes(app, edge);
  sweepRoutes(app, edge);
  sweepEventRoutes(app, edge);
  ntkRoutes(app, edge);
  uploadRoutes(app, edge);
  keyRoutes(app, backing);
  planRoutes(app, edge);
  systemRoutes(app, backing);
  dashboardRoutes(app);
  await app.ready();
  return app;
}
