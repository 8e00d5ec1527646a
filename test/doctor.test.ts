/** What the doctor sees on machines with something wrong, and on this one. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { readEmbeddedConfig } from "#src/config.ts";
import {
  checkClock,
  checkDataFolder,
  checkDisk,
  checkNode,
  checkPort,
  checkShares,
} from "#src/doctor/checks.ts";
import { examine } from "#src/doctor.ts";

let dir = "";
before(async () => {
  dir = await mkdtemp(join(tmpdir(), "linnet-doctor-"));
});
after(async () => {
  await rm(dir, { recursive: true, force: true });
});

const configOf = (changes = {}) => ({ ...readEmbeddedConfig({}), dataDir: dir, ...changes });

async function answering(body: string): Promise<{ port: number; close(): void }> {
  const server = createServer((_, answer) => answer.end(body));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

describe("the doctor", () => {
  it("compares Node's version part by part", () => {
    assert.equal(checkNode("24.21.0", ">=24.21.0").level, "ok");
    assert.equal(checkNode("25.0.0", ">=24.21.0").level, "ok");
    assert.equal(checkNode("24.3.9", ">=24.21.0").level, "fault");
    assert.equal(checkNode("22.30.0", ">=24.21.0").level, "fault");
  });

  it("knows a data folder that is there, one to be made, and one that cannot be", async () => {
    assert.equal((await checkDataFolder(configOf())).level, "ok");
    const later = await checkDataFolder(configOf({ dataDir: join(dir, "a", "b") }));
    assert.equal(later.level, "note");
    await writeFile(join(dir, "file"), "");
    const never = await checkDataFolder(configOf({ dataDir: join(dir, "file", "below") }));
    assert.equal(never.level, "fault");
    assert.match(never.remedy ?? "", /LINNET_DATA_DIR/);
  });

  it("sees too little room", async () => {
    assert.equal((await checkDisk(configOf({ diskBytesFreeMin: 0 }))).level, "ok");
    assert.equal((await checkDisk(configOf({ diskBytesFreeMin: 2 ** 60 }))).level, "fault");
  });

  it("sees a clock that is behind the files of the data folder", async () => {
    const folder = join(dir, "clock");
    await mkdir(folder);
    await writeFile(join(folder, "file"), "");
    const later = new Date(Date.now() + 3_600_000);
    assert.equal((await checkClock(configOf({ dataDir: folder }), Date.now())).level, "ok");
    await utimes(join(folder, "file"), later, later);
    assert.equal((await checkClock(configOf({ dataDir: folder }), Date.now())).level, "fault");
  });

  it("tells a free port from one that a Linnet has, and from one of others", async () => {
    assert.equal((await checkPort(configOf({ port: 0 }))).level, "ok");
    const linnet = await answering(JSON.stringify({ status: "ok", uptime_seconds: 1 }));
    const other = await answering("hello");
    assert.equal((await checkPort(configOf({ port: linnet.port }))).level, "note");
    assert.equal((await checkPort(configOf({ port: other.port }))).level, "fault");
    linnet.close();
    other.close();
  });

  it("compares what trainers may take with what the machine has", () => {
    const machine = { cores: 2, memoryBytes: 2 ** 30 };
    const config = configOf({ trainersMax: 2, threadsPerTrainer: 2, memoryBytesMax: 2 ** 31 });
    assert.deepEqual(
      checkShares(config, machine).map(({ level }) => level),
      ["note", "fault"],
    );
  });

  it("tries every engine of this machine in children, and finds the processor's", async () => {
    const { findings, devices } = await examine(configOf());
    const of = (what: string) => findings.filter((finding) => finding.what === what);
    assert.deepEqual(of("onnxruntime on cpu")[0]?.level, "ok");
    assert.equal(of("data store")[0]?.level, "ok");
    const [onnxruntime, tfjs] = devices.engines;
    assert.ok(onnxruntime?.devices.includes("cpu"));
    assert.ok(tfjs);
    assert.ok(tfjs.devices.includes("cpu"));
    for (const { usable, reason, milliseconds } of tfjs.trials) {
      assert.equal(usable, milliseconds !== null);
      assert.equal(usable, reason === null);
    }
    const wasm = tfjs.trials.find(({ provider }) => provider.startsWith("tfjs-backend-wasm"));
    assert.equal(wasm?.usable, true);
  });
});
