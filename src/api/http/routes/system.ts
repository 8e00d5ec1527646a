/** The service about itself: probes, limits, devices, and the two contract documents. */
import { readFile } from "node:fs/promises";
import Type from "typebox";
import type { Backing, Check } from "#api/backing.ts";
import type { App } from "#api/http/instance.ts";
import { answers, statuses } from "#api/http/problem.ts";
import { ref } from "#api/http/schemas.ts";
import { limitsOf } from "#api/limits.ts";
import { silentMsMax } from "#runs/presence.ts";
import { Devices } from "#schemas/device.ts";
import { Health } from "#schemas/health.ts";
import { Limits } from "#schemas/limits.ts";
import { strict } from "#schemas/values.ts";
import { type WorkerSelf, Workers } from "#schemas/worker.ts";

const tags = ["service"];

const livez = {
  operationId: "livez",
  tags,
  summary: "Does the process live",
  response: answers({ ok: { description: "It does.", schema: ref(Health) } }),
};

const readyz = {
  operationId: "readyz",
  tags,
  summary: "Can the service take work",
  response: answers({
    ok: { description: "It can.", schema: ref(Health) },
    unready: { description: "It cannot; `checks` says why.", schema: ref(Health) },
  }),
};

const limits = {
  operationId: "getLimits",
  tags,
  summary: "Every limit that a client can run into",
  response: answers({ ok: { description: "The limits.", schema: ref(Limits) } }),
};

const devicesQuery = Type.Object(
  {
    refresh: Type.Optional(
      Type.Boolean({
        default: false,
        description: "Try again; else an answer of the last minutes.",
      }),
    ),
  },
  strict,
);

const devices = {
  operationId: "getDevices",
  tags,
  summary: "Engines and devices of this machine, each tried with a small program",
  querystring: devicesQuery,
  response: answers({ ok: { description: "What was found.", schema: ref(Devices) } }, [
    "invalid_request",
  ]),
};

const workers = {
  operationId: "listWorkers",
  tags,
  summary: "Replicas that train, and what they have",
  description: "Those that were seen in the last minute. With the embedded store it is one.",
  response: answers({ ok: { description: "The workers, by id.", schema: ref(Workers) } }),
};

async function workersOf({ store }: Backing): Promise<Workers> {
  const seen = await store.write((writer) => writer.fleet.workers(silentMsMax));
  const data = seen.map(({ id, document, silentMs }) => ({
    id,
    ...(JSON.parse(document) as WorkerSelf),
    seen_seconds_ago: Math.max(0, Math.round(silentMs / 100) / 10),
  }));
  return { data };
}

async function healthOf(backing: Backing, checks: Record<string, Check>): Promise<Health> {
  const ok = Object.values(checks).every((check) => check.ok);
  return {
    status: ok ? "ok" : "unready",
    version: backing.version,
    uptime_seconds: Math.round(process.uptime() * 10) / 10,
    checks,
  };
}

/** Runs a check. Why it failed is for the log: probes are answered to anybody. */
async function attempt(
  { log }: Backing,
  detail: string,
  check: () => Promise<void>,
): Promise<Check> {
  try {
    await check();
    return { ok: true };
  } catch (err) {
    log.warn({ err }, "a readiness check failed");
    return { ok: false, detail };
  }
}

async function readiness(backing: Backing): Promise<Record<string, Check>> {
  const { artifacts, config, store } = backing;
  const storeCheck = await attempt(backing, "the store cannot be used", () => store.check());
  const artifactsCheck = await attempt(backing, "the artifacts cannot be used", () =>
    artifacts.check(),
  );
  const disk = await attempt(backing, "too little room is left", async () => {
    const free = await artifacts.bytesFree();
    if (free < config.diskBytesFreeMin) throw new Error(`${free} bytes are free`);
  });
  const draining = backing.isDraining()
    ? { ok: false, detail: "the service is draining" }
    : { ok: true };
  return {
    store: storeCheck,
    artifacts: artifactsCheck,
    disk,
    draining,
    ...(await backing.checks()),
  };
}

const contractFolder = new URL("../../../../openapi/", import.meta.url);

export function systemRoutes(app: App, backing: Backing): void {
  app.get("/livez", { schema: livez }, () => healthOf(backing, {}));
  app.get("/readyz", { schema: readyz }, async (_request, reply) => {
    const health = await healthOf(backing, await readiness(backing));
    if (health.status !== "ok") void reply.code(statuses.unready);
    return health;
  });
  app.get("/v1/limits", { schema: limits }, async () => limitsOf(backing));
  app.get("/v1/workers", { schema: workers }, () => workersOf(backing));
  app.get("/v1/devices", { schema: devices }, ({ query }) => backing.devices.find(query));
  for (const name of ["openapi.json", "asyncapi.json"]) {
    app.get(`/${name}`, { schema: { hide: true } }, async (_request, reply) => {
      void reply.type("application/json; charset=utf-8");
      return readFile(new URL(name, contractFolder), "utf8");
    });
  }
}
