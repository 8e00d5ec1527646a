/**
 * The Helm chart, rendered and read: what a cluster is told must fit what the service does. Skipped
 * where helm is not installed.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { readConfig } from "#src/config.ts";

const run = promisify(execFile);
const chart = join(import.meta.dirname, "../../deploy/helm/linnet");
const usual = ["--set", "artifacts.url=s3://lab/linnet?region=eu-central-1"];
const all = [
  ...usual,
  ...["keda.enabled=true", "metrics.serviceMonitor.enabled=true", "ingress.enabled=true"].flatMap(
    (value) => ["--set", value],
  ),
];

interface Named {
  readonly name: string;
  readonly value?: string;
}

interface Container {
  readonly env: readonly Named[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly resources: { readonly limits: Readonly<Record<string, unknown>> };
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}

interface Pod {
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly tolerations?: readonly { readonly key: string }[];
}

interface Resource {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: object };
    readonly template?: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
    readonly triggers?: readonly { readonly type: string; readonly metadata: object }[];
  };
}

const hasHelm = await run("helm", ["version"]).then(
  () => true,
  () => false,
);
const skip = hasHelm ? false : "helm is not installed";

async function rendered(flags: readonly string[]): Promise<readonly Resource[]> {
  const asked = ["template", "lab", chart, "--kube-version", "1.30.0", ...flags];
  const { stdout } = await run("helm", asked, { maxBuffer: 16 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => {
    assert.deepEqual(document.errors, []);
    return document.toJS() as Resource;
  });
}

function podOf(resources: readonly Resource[], part: "api" | "worker"): Pod {
  const found = resources.find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === `lab-${part}`,
  );
  assert.ok(found?.spec.template, `no Deployment of ${part}`);
  return found.spec.template.spec;
}

function containerOf(pod: Pod): Container {
  const [container] = pod.containers;
  assert.ok(container);
  return container;
}

describe("the chart", { skip }, () => {
  it("passes helm's own lint, strictly", async () => {
    await run("helm", ["lint", "--strict", chart, ...usual]);
  });

  it("has what a cluster needs, of each kind", async () => {
    const kinds = new Set((await rendered(all)).map(({ kind }) => kind));
    const wanted = ["Deployment", "Service", "HorizontalPodAutoscaler", "PodDisruptionBudget"];
    const more = ["NetworkPolicy", "ServiceMonitor", "ServiceAccount", "ScaledObject", "Ingress"];
    for (const kind of [...wanted, ...more]) assert.ok(kinds.has(kind), `no ${kind}`);
    const few = new Set((await rendered(usual)).map(({ kind }) => kind));
    for (const kind of ["ScaledObject", "ServiceMonitor", "Ingress"]) assert.ok(!few.has(kind));
  });

  it("tells processes nothing that the configuration would refuse", async () => {
    const resources = await rendered(all);
    for (const part of ["api", "worker"] as const) {
      const { env } = containerOf(podOf(resources, part));
      const given = env.map(({ name, value }) => [name, value ?? "postgres://u@h/d"]);
      const config = readConfig(Object.fromEntries(given));
      assert.equal(config.artifacts, "s3://lab/linnet?region=eu-central-1");
      assert.equal(config.auth, "keys");
      const [http, metrics] = containerOf(podOf(resources, part)).ports;
      assert.deepEqual(
        [http?.containerPort, metrics?.containerPort],
        [config.port, config.metricsPort],
      );
    }
  });

  it("gives workers connections of their own number where it is told", async () => {
    const connectionsOf = async (part: "api" | "worker", flags: readonly string[]) => {
      const { env } = containerOf(podOf(await rendered([...usual, ...flags]), part));
      return env.find(({ name }) => name === "LINNET_DATABASE_CONNECTIONS")?.value;
    };
    const fewer = ["--set", "database.connections=20,database.workerConnections=3"];
    assert.equal(await connectionsOf("worker", fewer), "3");
    assert.equal(await connectionsOf("api", fewer), "20");
    const same = ["--set", "database.connections=20"];
    assert.equal(await connectionsOf("worker", same), "20");
  });

  it("gives pods as long as draining takes, and no less", async () => {
    for (const drainSeconds of [0, 60, 600]) {
      const resources = await rendered([...usual, "--set", `drainSeconds=${drainSeconds}`]);
      for (const part of ["api", "worker"] as const) {
        const pod = podOf(resources, part);
        const drain = containerOf(pod).env.find(({ name }) => name === "LINNET_DRAIN_MS")?.value;
        assert.equal(Number(drain), drainSeconds * 1000);
        // Closing takes up to ten seconds, and the pause before SIGTERM five.
        assert.ok(pod.terminationGracePeriodSeconds >= drainSeconds + 15);
      }
    }
  });

  it("runs as nobody in particular, on a file system that cannot be written", async () => {
    const resources = await rendered(usual);
    for (const part of ["api", "worker"] as const) {
      const pod = podOf(resources, part);
      assert.equal(pod.securityContext["runAsNonRoot"], true);
      const { securityContext, volumeMounts } = containerOf(pod);
      assert.equal(securityContext["readOnlyRootFilesystem"], true);
      assert.equal(securityContext["allowPrivilegeEscalation"], false);
      assert.deepEqual(securityContext["capabilities"], { drop: ["ALL"] });
      const paths = volumeMounts.map(({ mountPath }) => mountPath);
      for (const path of ["/data", "/tmp"]) assert.ok(paths.includes(path));
    }
  });

  it("asks for GPUs for workers alone, and for none where there are none", async () => {
    const resources = await rendered([...usual, "--set", "worker.gpus=2"]);
    const gpu = "nvidia.com/gpu";
    assert.equal(containerOf(podOf(resources, "worker")).resources.limits[gpu], 2);
    assert.equal(containerOf(podOf(resources, "api")).resources.limits[gpu], undefined);
    assert.ok(podOf(resources, "worker").tolerations?.some(({ key }) => key === gpu));
    const none = await rendered([...usual, "--set", "worker.gpus=0"]);
    assert.equal(containerOf(podOf(none, "worker")).resources.limits[gpu], undefined);
  });

  it("selects what it labels", async () => {
    for (const { kind, metadata, spec } of await rendered(all)) {
      if (spec?.template === undefined) continue;
      const labels = spec.template.metadata.labels as Readonly<Record<string, string>>;
      for (const [name, value] of Object.entries(spec.selector?.matchLabels ?? {})) {
        assert.equal(labels[name], value, `${kind} ${metadata.name}: ${name}`);
      }
    }
  });

  it("leaves the number of pods to what scales them", async () => {
    const replicasOf = (resources: readonly Resource[], part: string) =>
      resources.find(({ kind, metadata }) => kind === "Deployment" && metadata.name.endsWith(part))
        ?.spec.replicas;
    const scaled = await rendered(all);
    assert.deepEqual(
      [replicasOf(scaled, "api"), replicasOf(scaled, "worker")],
      [undefined, undefined],
    );
    const fixed = await rendered([...usual, "--set", "api.autoscaling.enabled=false"]);
    assert.deepEqual([replicasOf(fixed, "api"), replicasOf(fixed, "worker")], [3, 1]);
  });

  it("scales by the queue in Prometheus or in the database", async () => {
    for (const trigger of ["prometheus", "postgresql"]) {
      const resources = await rendered([...all, "--set", `keda.trigger=${trigger}`]);
      const scaled = resources.find(({ kind }) => kind === "ScaledObject");
      assert.deepEqual(
        scaled?.spec.triggers?.map(({ type }) => type),
        [trigger],
      );
    }
  });

  it("refuses values that it does not know, and a cluster without a bucket", async () => {
    await assert.rejects(rendered([...usual, "--set", "api.replica=3"]), /replica/);
    await assert.rejects(rendered([...usual, "--set", "auth.mode=maybe"]), /auth/);
    await assert.rejects(rendered([]), /artifacts\.url must name a bucket/);
  });

  it("holds no secret but by its name", async () => {
    const text = JSON.stringify(await rendered(all));
    for (const name of ["LINNET_DATABASE_URL", "LINNET_BOOTSTRAP_KEY"]) {
      assert.doesNotMatch(text, new RegExp(`"name":"${name}","value"`));
    }
  });
});
