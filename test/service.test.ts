/** The service as a process: it says where it listens, is ready soon, and drains on SIGTERM. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";

const door = fileURLToPath(new URL("../src/server.ts", import.meta.url));

interface Line {
  readonly msg: string;
  readonly address?: string;
}

async function start(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
  const dir = await mkdtemp(join(tmpdir(), "linnet-service-"));
  const child = spawn(process.execPath, [door], {
    env: { LINNET_PORT: "0", LINNET_DATA_DIR: dir, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(async () => {
    child.kill("SIGKILL");
    await rm(dir, { recursive: true, force: true });
  });
  return child;
}

/** The first log line with this message. */
async function lineOf(child: ChildProcess, message: string): Promise<Line> {
  assert.ok(child.stdout !== null);
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line;
    if (line.msg === message) return line;
  }
  return assert.fail(`the service ended without saying ${message}`);
}

const exitOf = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));

async function childrenOf(pid: number): Promise<readonly number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
  return text.split(" ").filter(Boolean).map(Number);
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended already.
  }
}

describe("the service", () => {
  it("says where it listens, answers there, and exits 0 on SIGTERM", async (t) => {
    const child = await start(t);
    const { address } = await lineOf(child, "listening");
    child.stdout?.resume();
    const response = await fetch(`${address}/readyz`);
    assert.equal(response.status, 200);
    const exited = exitOf(child);
    child.kill("SIGTERM");
    assert.equal(await exited, 0);
  });

  it("keeps its compiled code in the data folder", async (t) => {
    const dir = await mkdtemp(join(tmpdir(), "linnet-service-"));
    t.after(() => rm(dir, { recursive: true, force: true }));
    const child = await start(t, { LINNET_DATA_DIR: dir });
    await lineOf(child, "listening");
    child.kill("SIGKILL");
    await exitOf(child);
    const files = await readdir(join(dir, "code"), { recursive: true, withFileTypes: true });
    assert.ok(files.some((file) => file.isFile()));
  });

  it("ends at once when it is asked twice, though a trainer never answers", async (t) => {
    if (process.platform !== "linux") return t.skip("its children are found in /proc");
    const child = await start(t, { LINNET_DRAIN_MS: "120000" });
    const { address } = await lineOf(child, "listening");
    const post = async (path: string, body: object): Promise<{ readonly id: string }> => {
      const headers = { "content-type": "application/json" };
      const request = { method: "POST", headers, body: JSON.stringify(body) };
      return (await (await fetch(address + path, request)).json()) as { readonly id: string };
    };
    const generator = { type: "wedge", train: 64, test: 8, seed: 1 };
    const definition = { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] };
    const { id: model } = await post("/v1/models", { definition });
    const { id: dataset } = await post("/v1/datasets", { generator });
    const optimizer = { type: "sgd", learning_rate: 0.01 };
    const run = { model, dataset, optimizer, steps: 1_000_000_000 };
    const { id } = await post("/v1/runs", run);
    for (let status = ""; status !== "running"; ) {
      ({ status } = (await (await fetch(`${address}/v1/runs/${id}`)).json()) as typeof run & {
        status: string;
      });
    }
    const trainers = await childrenOf(child.pid ?? 0);
    assert.ok(trainers.length > 0);
    t.after(() => {
      for (const pid of trainers) kill(pid, "SIGKILL");
    });
    for (const pid of trainers) kill(pid, "SIGSTOP");
    const exited = exitOf(child);
    child.kill("SIGTERM");
    await lineOf(child, "draining");
    const askedMs = performance.now();
    child.kill("SIGTERM");
    assert.notEqual(await exited, 0);
    assert.ok(performance.now() - askedMs < 20_000);
  });

  it("does not start with a wrong environment, and says what is wrong", async (t) => {
    const child = await start(t, { LINNET_PORT: "no", LINNET_QUEUE_MAX: "0" });
    let text = "";
    child.stderr?.on("data", (data) => {
      text += String(data);
    });
    assert.equal(await exitOf(child), 1);
    assert.match(text, /LINNET_PORT is "no".*LINNET_QUEUE_MAX is "0"/s);
  });
});
