/** Who may know whom (src/README.md says it in words). `npm run layers` runs it. */
const server = "^src/(api|runs|catalog|storage|service|server|config|client)";
const rule = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

export default {
  forbidden: [
    rule("no-rings", "Files must not import each other in a ring.", {}, { circular: true }),
    rule(
      "doors-are-not-imported",
      "server.ts, trainer.ts and cli.ts are entered from outside only.",
      { path: "^(src|schemas)/" },
      { path: "^src/(server|trainer|cli)\\.ts$" },
    ),
    rule(
      "no-mathematics-in-the-server",
      "The server never loads a native tensor library and never trains.",
      { path: server },
      { path: "onnxruntime|tensorflow|^src/(learning|engine/(backends|autodiff))" },
    ),
    rule(
      "no-log-in-the-trainer",
      "A trainer has no database and no socket.",
      { path: "^src/(learning|engine|trainer|formats)" },
      { path: "better-sqlite3|kysely|fastify|^src/(api|runs|service|config|storage/(store|wakeups))" },
    ),
    rule(
      "adapters-are-named-at-the-root",
      "Only service.ts, migration.ts and trainer.ts (with trainer/ beside it) choose adapters.",
      { path: "^src/", pathNot: "^src/(service|trainer|migration)\\.ts$|^src/trainer/|^src/storage/" },
      { path: "^src/storage/(store|artifacts|wakeups)/|^src/engine/backends/[a-z]+\\.ts$" },
    ),
    rule(
      "sql-stays-in-its-adapter",
      "Only store adapters hold SQL.",
      { path: "^src/", pathNot: "^src/storage/store/" },
      { path: "better-sqlite3|kysely" },
    ),
    rule(
      "schemas-stand-alone",
      "The contract depends on nothing of ours.",
      { path: "^schemas/" },
      { path: "^src/" },
    ),
    rule(
      "formats-are-pure",
      "Formats turn bytes into values and know nothing else.",
      { path: "^src/formats/" },
      { path: "^(src|schemas)/", pathNot: "^src/(formats/|engine/tensor\\.ts)" },
    ),
    rule(
      "storage-knows-no-edge",
      "Storage is below everything that uses it.",
      { path: "^src/storage/" },
      { path: "^src/(api|runs|catalog|learning|engine|service)" },
    ),
    rule(
      "the-edge-speaks-through-ports",
      "Nothing below the edge knows it.",
      { path: "^src/(runs|catalog|learning|engine|formats|storage)/" },
      { path: "^src/(api|cli|client|service|server)" },
    ),
    rule(
      "access-knows-who-and-nothing-else",
      "Who may come in, and how much each may have, is decided without knowing what for.",
      { path: "^src/access/" },
      { path: "^src/(api|runs|catalog|learning|engine|formats|cli|client|service|server)" },
    ),
    rule(
      "engine-stands-alone",
      "The engine knows nothing of runs, learning or storage.",
      { path: "^src/engine/" },
      { path: "^src/(api|runs|catalog|learning|storage|channel|config|log)" },
    ),
    rule(
      "operations-are-the-ground",
      "ops → tensor; graph → ops; autodiff → graph; a backend never knows autodiff.",
      { path: "^src/engine/(ops|graph)/" },
      { path: "^src/engine/(autodiff|layers|backends|onnx)/" },
    ),
    rule(
      "backends-only-execute",
      "A backend sees programs, not how they came to be.",
      { path: "^src/engine/backends/" },
      { path: "^src/engine/(autodiff|layers)/" },
    ),
    rule(
      "the-client-uses-the-contract-alone",
      "The client and the command line are clients of the API.",
      { path: "^src/client/" },
      { path: "^src/", pathNot: "^src/client/" },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".js"],
    },
  },
};
