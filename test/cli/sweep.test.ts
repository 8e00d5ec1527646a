/** `linnet sweep`, `compare` and `ntk` against a real service: what they print, write and end with. */
import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { main } from "#cli/main.ts";
import { readNpy } from "#formats/npy.ts";
import { readSafetensors } from "#formats/safetensors.ts";
import type { SweepFrame } from "#schemas/stream.ts";
import type { SweepResults } from "#schemas/sweep.ts";
import { openService, type Served } from "#test/journeys/service.ts";
import { linnet, screen, shown } from "./screen.ts";

const timeout = 60_000;

let folder = "";
let served: Served;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "linnet-sweep-"));
  served = await openService({ trainersMax: 2, threadsPerTrainer: 1 });
});

after(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const base = {
  model: { input: { shape: [20] }, layers: [{ type: "dense", units: 4 }] },
  dataset: { type: "wedge", train: 64, test: 64 },
  algorithm: { type: "linearised", period: 1 },
  optimizer: { type: "sgd", learning_rate: 0.05 },
  batch_size: 32,
  steps: 20,
};
const small = { name: "small", base, vary: { "/algorithm/period": [1, "never"] } };
const endless = { base: { ...base, steps: 100_000_000 }, vary: { "/seed": [0, 1] } };

async function file(content: unknown, name = "sweep.json"): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, JSON.stringify(content));
  return path;
}

const idIn = (err: string): string => /swp_\w+/.exec(err)?.[0] ?? assert.fail(err);

describe("linnet sweep", { timeout }, () => {
  it("trains every cell and prints a line for each group of seeds", async () => {
    const path = await file(small);
    const ended = await linnet(["sweep", path, "--seeds", "2"], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    const [title = "", , ...lines] = ended.out.split("\n");
    assert.match(title, /^period +cells +test f_lin +test network/);
    assert.match(lines[0] ?? "", /^ *1 +2\/2 +[\d.]+% ±[\d.]+%/);
    assert.match(lines[1] ?? "", /^ *never +2\/2 +/);
    assert.match(ended.err, /completed {2}4\/4/);
    const listed = await linnet(["sweeps"], { url: served.url });
    assert.match(listed.out, new RegExp(`${idIn(ended.err)} +small +completed +4 +4 +0`));
  });

  it("writes csv or JSON to the output or to a file", async () => {
    const path = await file(small);
    const csv = await linnet(["sweep", path, "--format", "csv", "--table", "cells"], {
      url: served.url,
    });
    assert.match(csv.out, /^cell,\/algorithm\/period,run,status,error,step,/);
    assert.equal(csv.out.trimEnd().split("\r\n").length, 3);
    const out = join(folder, "results.json");
    const id = idIn(csv.err);
    const again = ["sweep", id, "--format", "json", "--out", out];
    const json = await linnet(again, { url: served.url });
    assert.deepEqual([json.code, json.out], [0, ""]);
    const results = JSON.parse(await readFile(out, "utf8")) as SweepResults;
    assert.deepEqual([results.id, results.rows.length], [id, 2]);
  });

  it("is JSON lines and nothing else with --json: how the sweep is, then its results", async () => {
    const ended = await linnet(["sweep", await file(small), "--json"], { url: served.url });
    const lines = ended.out.trimEnd().split("\n");
    const frames = lines.slice(0, -1).map((line) => JSON.parse(line) as SweepFrame);
    assert.ok(frames.every(({ frame }) => frame === "sweep"));
    assert.equal(frames.at(-1)?.status, "completed");
    assert.equal((JSON.parse(lines.at(-1) ?? "") as SweepResults).groups.length, 2);
    assert.equal(ended.err, "");
  });

  it("counts divergence as a result, and any other failure as one", async () => {
    const diverging = {
      base: { ...base, loss: "mean_squared_error", steps: 200 },
      vary: { "/optimizer/learning_rate": [0.01, 1000] },
    };
    const ended = await linnet(["sweep", await file(diverging)], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    assert.match(ended.out, /0\/1 \(1 diverged\)/);
    assert.match(ended.out, /K=1: stable up to rate 0\.0100*, diverged at 1000\./);
  });

  it("points into the file where the service refuses a cell, and ends with 2", async () => {
    const wrong = { ...small, vary: { "/algorithm/period": [1, 0] } };
    const ended = await linnet(["sweep", await file(wrong)], { url: served.url });
    assert.equal(ended.code, 2);
    assert.match(ended.err, / {2}\/vary\/~1algorithm~1period\/1 /);
    const baseless = await linnet(["sweep", await file({ vary: {} })], { url: served.url });
    assert.deepEqual([baseless.code, /"base"/.test(baseless.err)], [2, true]);
  });

  it("leaves the sweep of another service at Ctrl-C, or cancels it when told", async () => {
    const path = await file(endless);
    const options = { url: served.url, interrupt: AbortSignal.abort() };
    const left = await linnet(["sweep", path], options);
    assert.equal(left.code, 130);
    const id = idIn(left.err);
    assert.match(left.err, new RegExp(`the sweep goes on: linnet sweep ${id}`));
    assert.equal((await served.api.sweep(id)).status, "running");
    const cancelled = await linnet(["sweep", id, "--cancel"], options);
    assert.equal(cancelled.code, 130, cancelled.err);
    assert.equal((await served.api.sweep(id)).status, "cancelled");
    const detached = await linnet(["sweep", path, "--detach"], { url: served.url });
    const acted = await linnet(["cancel", detached.out.trim()], { url: served.url });
    assert.match(acted.out, /^swp_\w+ cancell/);
  });

  it("redraws a bar and the table on a terminal", async () => {
    const terminal = screen({ interactive: true, columns: 120 });
    const settings = { url: served.url, usualUrl: served.url, colour: "never" } as const;
    const interrupt = new AbortController().signal;
    const args = ["sweep", await file(small)];
    const code = await main(args, { terminal, settings, environment: {}, interrupt });
    assert.equal(code, 0, terminal.printed.err);
    assert.match(terminal.printed.out, /[━╸─]+ {2}0\/2/);
    const last = shown(terminal.printed.out).filter((line) => line !== "");
    assert.match(last[0] ?? "", /^period +cells/, "only the whole table stays");
  });
});

describe("linnet compare", { timeout }, () => {
  it("has a column for each run: what differs, how each did, how far apart they are", async () => {
    const generator = { type: "wedge", train: 64, test: 64 } as const;
    const { id: dataset } = await served.api.createDataset({ generator });
    const runs: string[] = [];
    for (const period of [1, "never"]) {
      const changes = { algorithm: { type: "linearised", period }, name: `K=${period}` };
      const snapshots = { every: 20, examples: 8, kernel: "trace" };
      const path = await file({ ...base, ...changes, dataset, snapshots }, "run.json");
      const trained = await linnet(["train", path, "--json"], { url: served.url });
      runs.push(/run_\w+/.exec(trained.out)?.[0] ?? assert.fail(trained.err));
    }
    const ended = await linnet(["compare", ...runs], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    const line = (title: string) =>
      ended.out.split("\n").find((each) => each.startsWith(title)) ?? assert.fail(ended.out);
    assert.match(ended.out, /^ +K=1 +K=never\n/);
    assert.match(line("/algorithm/period"), / 1 +never$/);
    assert.match(line("status"), /succeeded 20\/20 +succeeded 20\/20$/);
    assert.match(line("linearisations"), / 20 +1$/);
    assert.match(line("kernel from the first"), / [\d.e-]+ at 20$/);
    assert.match(line("weights from the first"), / [\d.e-]+ at 20$/);
    const json = await linnet(["compare", ...runs, "--no-distances", "--json"], {
      url: served.url,
    });
    assert.deepEqual([JSON.parse(json.out).runs.length, JSON.parse(json.out).kernels], [2, []]);
    const one = await linnet(["compare", runs[0] ?? ""], { url: served.url });
    assert.equal(one.code, 2, one.out);
  });
});

describe("linnet ntk", { timeout }, () => {
  it("prints figures and writes the matrix as npy, safetensors and PNG", async () => {
    const model = await file(base.model, "model.json");
    const asked = ["ntk", model, "--dataset", "wedge", "--examples", "6", "--kernel", "trace"];
    const shapes: number[][] = [];
    for (const ending of ["npy", "safetensors", "png"]) {
      const out = join(folder, `kernel.${ending}`);
      const ended = await linnet([...asked, "--out", out], { url: served.url });
      assert.equal(ended.code, 0, ended.err);
      assert.match(ended.out, /^✓ ntk_\w+ trace kernel \[6, 6\] in /);
      assert.match(ended.out, /\neffective rank +[\d.]+\n/);
      const bytes = new Uint8Array(await readFile(out));
      if (ending === "npy") shapes.push([...readNpy(bytes, { bytesMax: 1e6 }).shape]);
      if (ending === "safetensors") {
        const kernel = readSafetensors(bytes, { bytesMax: 1e6 }).tensors.get("kernel");
        shapes.push([...(kernel?.shape ?? [])]);
      }
      if (ending === "png") assert.deepEqual([...bytes.subarray(1, 4)], [0x50, 0x4e, 0x47]);
    }
    assert.deepEqual(shapes, [
      [6, 6],
      [6, 6],
    ]);
  });

  it("is between two sets, of given inputs, or of a run's weights", async () => {
    const model = await file(base.model, "model.json");
    const data = '{"type":"wedge","train":8,"test":8}';
    const two = ["--dataset", data, "--split", "train", "--second-split", "test"];
    const cross = await linnet(["ntk", model, ...two, "--examples", "3", "--json"], {
      url: served.url,
    });
    assert.deepEqual(JSON.parse(cross.out).shape, [3, 4, 3, 4], cross.err);
    const inputs = await file([Array(20).fill(0.5), Array(20).fill(-1)], "inputs.json");
    const given = await linnet(["ntk", model, "--inputs", inputs, "--kernel", "pseudo", "--json"], {
      url: served.url,
    });
    assert.deepEqual(JSON.parse(given.out).shape, [2, 2], given.err);
    const train = await file({ ...base, steps: 5 }, "run.json");
    const trained = await linnet(["train", train, "--json"], { url: served.url });
    const run = /run_\w+/.exec(trained.out)?.[0] ?? "";
    const ofRun = await linnet(["ntk", run, "--indices", "0,5", "--kernel", "diagonal", "--json"], {
      url: served.url,
    });
    assert.deepEqual([JSON.parse(ofRun.out).step, JSON.parse(ofRun.out).shape], [5, [4, 2, 2]]);
  });

  it("says what is wrong, and ends with 2", async () => {
    const model = await file(base.model, "model.json");
    for (const args of [
      ["ntk", model, "--dataset", "wedge", "--out", "kernel.txt"],
      ["ntk", model, "--dataset", "nothing.xyz"],
      ["ntk", model],
      ["ntk", model, "--inputs", join(folder, "missing.json")],
      ["ntk", "mdl_00000000000000000000", "--dataset", "wedge"],
      ["ntk", model, "--dataset", "{"],
    ]) {
      const ended = await linnet(args, { url: served.url });
      assert.equal(ended.code, 2, `${args.join(" ")}: ${ended.err}`);
      assert.equal(ended.out, "");
    }
  });
});
