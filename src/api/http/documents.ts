/** The OpenAPI document, made from the routes' own schemas, and its reference page. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { Backing } from "#api/backing.ts";
import type { App } from "./instance.ts";

const description =
  "Trains networks, ordinarily or by iterative linearisation, and reports metrics and neural " +
  "tangent kernels while it runs. Live streams are described in /asyncapi.json. Refusals are " +
  "RFC 9457 problems with a `code` from a closed list and `errors[].pointer`. NaN and ±Infinity " +
  'travel as the strings "NaN", "Infinity" and "-Infinity".';

const tags = [
  { name: "models", description: "Networks, defined in JSON." },
  { name: "datasets", description: "Generated or uploaded examples." },
  { name: "uploads", description: "Files in pieces, by tus 1.0." },
  { name: "runs", description: "Training, from submission to its result." },
  { name: "events", description: "The ordered log of a run." },
  { name: "metrics", description: "Loss and its companions, step by step." },
  { name: "snapshots", description: "Neural tangent kernels along the way." },
  { name: "checkpoints", description: "Weights along the way." },
  { name: "sweeps", description: "Grids and lists of runs, and their table of results." },
  { name: "ntk", description: "One-off neural tangent kernels." },
  { name: "access", description: "Keys and stream tickets." },
  { name: "service", description: "Probes, limits and devices." },
];

/** On an operation whose body may be left out, which the schema of a body cannot say. */
export const bodyOptional = { "x-body-optional": true } as const;

interface Operation {
  "x-body-optional"?: boolean;
  requestBody?: { required?: boolean };
}

/** Says of bodies that may be left out that they are not required. */
function markOptionalBodies(document: { paths?: object }): void {
  for (const path of Object.values(document.paths ?? {}) as Record<string, Operation>[]) {
    for (const operation of Object.values(path)) {
      if (operation["x-body-optional"] !== true) continue;
      delete operation["x-body-optional"];
      if (operation.requestBody !== undefined) operation.requestBody.required = false;
    }
  }
}

/** Must be registered before the routes that it describes. */
export async function addDocuments(app: App, backing: Backing): Promise<void> {
  await app.register(swagger, {
    convertConstToEnum: false,
    openapi: {
      openapi: "3.1.1",
      info: {
        title: "Linnet",
        version: backing.version,
        description,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/", description: "This service." }],
      components: {
        securitySchemes: {
          key: {
            type: "http",
            scheme: "bearer",
            description:
              "An API key (`lnt_…`) or an OpenID Connect token, where the service wants one. The " +
              "scope that a call needs stands beside it; `admin` includes all.",
          },
        },
      },
      tags,
    },
    transformObject: (made) => {
      if ("swaggerObject" in made) return made.swaggerObject;
      markOptionalBodies(made.openapiObject);
      return made.openapiObject;
    },
    refResolver: {
      buildLocalReference: (...[json, , , i]) => `${json.$id ?? `def-${i}`}`,
    },
  });
  await app.register(swaggerUi, {
    routePrefix: "/docs",
    staticCSP: false,
    uiConfig: { docExpansion: "list", deepLinking: true, validatorUrl: null },
  });
}
