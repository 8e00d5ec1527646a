/** Compose and the Dockerfile, read: what they tell the service must be what it understands. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, it, type TestContext } from "node:test";
import { promisify } from "node:util";
import { parse } from "yaml";
import { readConfig } from "#src/config.ts";

const root = join(import.meta.dirname, "../..");
const file = join(root, "deploy/compose/compose.yaml");
const run = promisify(execFile);

interface Service {
  readonly image: string;
  readonly build?: { readonly target: string };
  readonly environment: Readonly<Record<string, string>>;
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

async function compose(): Promise<Compose> {
  return parse(await readFile(file, "utf8"), { merge: true }) as Compose;
}

/** What Compose puts in the place of `${NAME:?}`. */
const secrets: Readonly<Record<string, string>> = {
  DATABASE_PASSWORD: "d",
  STORAGE_KEY: "k",
  STORAGE_SECRET: "s",
  LINNET_BOOTSTRAP_KEY: `lnt_${"0".repeat(20)}_${"a".repeat(43)}`,
};

function filled(environment: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(environment).map(([name, value]) => [
    name,
    value.replaceAll(/\$\{(\w+):\?\}/g, (_, variable: string) => secrets[variable] ?? ""),
  ]);
  return Object.fromEntries(entries);
}

describe("compose", () => {
  it("tells both processes what the configuration takes", async () => {
    const { services } = await compose();
    for (const name of ["api", "worker"]) {
      const service = services[name];
      assert.ok(service);
      const config = readConfig(filled({ ...service.environment, LINNET_HOST: "0.0.0.0" }));
      assert.match(config.artifacts, /^s3:\/\/linnet\//);
      const grace = Number(service.stop_grace_period?.replace("s", ""));
      assert.ok(grace * 1000 >= config.drainMs + 10_000);
      assert.equal(service.read_only, true);
    }
  });

  it("names every volume and every secret that it uses", async () => {
    const { services, volumes } = await compose();
    for (const { volumes: used = [] } of Object.values(services)) {
      for (const volume of used) assert.ok((volume.split(":")[0] ?? "") in volumes, volume);
    }
    const example = await readFile(join(root, "deploy/compose/env.example"), "utf8");
    for (const name of Object.keys(secrets)) assert.match(example, new RegExp(`^${name}=`, "m"));
    assert.deepEqual(services["api"]?.ports, ["127.0.0.1:8080:8080"]);
  });

  it("is understood by Compose itself, where that is installed", async (t: TestContext) => {
    const has = await run("docker", ["compose", "version"]).catch(() => undefined);
    if (has === undefined) return t.skip("docker compose is not installed");
    await run("docker", ["compose", "-f", file, "config", "--quiet"], {
      env: { ...process.env, ...secrets },
    });
  });
});

describe("the Dockerfile", () => {
  it("has the targets that are built, without privileges and with a health check", async () => {
    const text = await readFile(join(root, "Dockerfile"), "utf8");
    const stages = text.split(/^FROM /m).slice(1);
    const named = new Map(stages.map((stage) => [/ AS (\S+)/.exec(stage)?.[1], stage]));
    const { services } = await compose();
    for (const { build } of Object.values(services)) {
      if (build !== undefined) assert.ok(named.has(build.target), build.target);
    }
    for (const target of ["cpu", "gpu"]) {
      const stage = named.get(target) ?? "";
      assert.match(stage, /^USER 1000:1000$/m);
      assert.match(stage, /^HEALTHCHECK /m);
      assert.match(stage, /^STOPSIGNAL SIGTERM$/m);
    }
    // What is built without a target is the last stage.
    assert.match(stages.at(-1) ?? "", / AS cpu\n/);
  });

  it("tells ONNX Runtime's package to install in words that it takes", async () => {
    const script = createRequire(import.meta.url).resolve("onnxruntime-node/package.json");
    const utilities = join(script, "..", "script", "install-utils.js");
    const asks = `console.log(require(${JSON.stringify(utilities)}).parseInstallFlag())`;
    const told = /ONNXRUNTIME_NODE_INSTALL=(\S+) node node_modules\/onnxruntime-node/;
    for (const file of ["Dockerfile", "deploy/gpu-check.sh", "docs/gpu.md"]) {
      const [, value = "nothing"] = told.exec(await readFile(join(root, file), "utf8")) ?? [];
      // As in npm, whose settings the repository has.
      const env = { npm_config_onnxruntime_node_install: "skip", ONNXRUNTIME_NODE_INSTALL: value };
      const { stdout } = await run(process.execPath, ["-e", asks], { env });
      assert.equal(stdout, "true\n", file);
    }
  });
});
