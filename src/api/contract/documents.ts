/** The contract as documents, made from the schemas that validate: REST, stream, client types. */
import assert from "node:assert/strict";
import openapiTS, { astToString } from "openapi-typescript";
import type { Backing } from "#api/backing.ts";
import { createApp } from "#api/http/app.ts";
import { usualCatalogLimits } from "#catalog/context.ts";
import { usualRunLimits } from "#runs/context.ts";
import { Access } from "#src/access/access.ts";
import { readConfig } from "#src/config.ts";
import { createLog } from "#src/log.ts";
import { Metrics } from "#src/metrics/metrics.ts";
import { asyncapi } from "./asyncapi.ts";
import { compact } from "./compact.ts";

/** A port that no route touches while it is only described. */
function untouched<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get: (_target, key) => assert.fail(`${name}.${String(key)} was used to describe the contract`),
  });
}

function describedBacking(version: string): Backing {
  const store = untouched<Backing["store"]>("store");
  const artifacts = untouched<Backing["artifacts"]>("artifacts");
  const wakeups = untouched<Backing["wakeups"]>("wakeups");
  const config = readConfig({});
  return {
    config,
    version,
    log: createLog("silent"),
    store,
    artifacts,
    wakeups,
    runs: { store, wakeups, limits: usualRunLimits, now: Date.now },
    catalog: { store, artifacts, limits: usualCatalogLimits, now: Date.now },
    workshop: untouched<Backing["workshop"]>("workshop"),
    plan: () => assert.fail("nothing is planned to describe the contract"),
    predict: () => assert.fail("nothing is predicted to describe the contract"),
    devices: untouched<Backing["devices"]>("devices"),
    checks: async () => ({}),
    isDraining: () => false,
    closing: new AbortController().signal,
    uploads: untouched<Backing["uploads"]>("uploads"),
    metrics: new Metrics(),
    access: new Access(config, { store, wakeups, now: Date.now }),
  };
}

const asText = (document: unknown) => `${JSON.stringify(document, null, 2)}\n`;

const clientHeader =
  "/** Types of the REST contract, generated from openapi/openapi.json by `npm run contract`. */\n";

/** Path from the repository's root → what should be written there. */
export async function contractFiles(version: string): Promise<ReadonlyMap<string, string>> {
  const app = await createApp(describedBacking(version));
  const openapi = asText(compact(app.swagger() as object));
  await app.close();
  const types = astToString(
    await openapiTS(openapi, { alphabetize: true, defaultNonNullable: false }),
  );
  return new Map([
    ["openapi/openapi.json", openapi],
    ["openapi/asyncapi.json", asText(compact(asyncapi(version)))],
    ["src/client/openapi.ts", clientHeader + types],
  ]);
}
