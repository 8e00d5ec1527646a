/** `linnet models add` and `export`, and training from files, against a real service. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { importOnnx } from "#engine/onnx/import.ts";
import { layer, sequential, withWeights } from "#test/catalog/keras-model.ts";
import { Build } from "#test/engine/onnx-build.ts";
import { openService, type Served } from "#test/journeys/service.ts";
import { linnet } from "./screen.ts";

let folder = "";
let served: Served;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "linnet-files-"));
  served = await openService();
  const build = new Build();
  const hidden = build.node("Relu", [build.node("MatMul", ["x", build.weight("body.w", [20, 5])])]);
  const logits = build.node("MatMul", [hidden, build.weight("head.w", [5, 4])]);
  await writeFile(join(folder, "net.onnx"), build.model({ x: ["N", 20] }, [logits]));
});
after(async () => {
  await served[Symbol.asyncDispose]();
  await rm(folder, { recursive: true, force: true });
});

const run = (...args: string[]) => linnet(args, { url: served.url });

describe("files of networks on the command line", () => {
  it("adds an ONNX file, trains it, and exports what was trained", async () => {
    const path = join(folder, "net.onnx");
    const added = await run("models", "add", path, "--name", "net", "--freeze", "body.*");
    assert.equal(added.code, 0, added.err);
    const id = added.out.trim();
    assert.match(id, /^mdl_/);
    const file = join(folder, "run.json");
    const algorithm = { type: "linearised", period: 4 };
    const request = { algorithm, optimizer: { type: "sgd", learning_rate: 0.1 }, batch_size: 16 };
    const dataset = { type: "wedge", train: 32, test: 32 };
    const model = { file: "net.onnx", exclude: ["body.*"] };
    await writeFile(file, JSON.stringify({ ...request, model, dataset, steps: 8 }));
    const trained = await run("train", file);
    assert.equal(trained.code, 0, trained.err);
    const [made = ""] = /run_[0-9a-z]{20}/.exec(trained.out) ?? [];
    const out = join(folder, "trained.onnx");
    const exported = await run("models", "export", "--run", made, "--out", out);
    assert.equal(exported.code, 0, exported.err);
    const [before, now] = [await readFile(path), await readFile(out)].map((bytes) =>
      importOnnx(bytes).initialise(0),
    );
    assert.deepEqual(now?.get("body/w"), before?.get("body/w"));
    assert.notDeepEqual(now?.get("head/w"), before?.get("head/w"));
    const linear = ["models", "export", "--run", made, "--function", "linearised", "--out", out];
    assert.equal((await run(...linear)).code, 0);
    const names = importOnnx(await readFile(out)).parameters.map(({ source }) => source);
    assert.ok(names.includes("anchor/head/w"), names.join());
    assert.equal((await run("models", "export", id, "--out", out)).code, 0);
    assert.deepEqual(await readFile(out), await readFile(path));
  });

  it("adds a layers model with the weights that lie beside it", async () => {
    const dir = join(folder, "keras");
    await mkdir(dir);
    const topology = sequential([layer("Dense", "d", { batch_input_shape: [null, 2], units: 3 })]);
    const { document, shards } = withWeights(topology, { "d/kernel": [2, 3], "d/bias": [3] }, 16);
    await writeFile(join(dir, "model.json"), JSON.stringify(document));
    for (const [name, bytes] of shards) await writeFile(join(dir, name), bytes);
    const added = await run("models", "add", join(dir, "model.json"), "--json");
    assert.equal(added.code, 0, added.err);
    assert.match(JSON.parse(added.out).weights, /^sha256:/);
  });

  it("says what is wrong with a file or a flag", async () => {
    const bad = join(folder, "bad.onnx");
    await writeFile(bad, "no model");
    const refused = await run("models", "add", bad);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /Not a readable ONNX file/);
    assert.equal((await run("models", "add", join(folder, "nothing.onnx"))).code, 2);
    assert.equal((await run("models", "export")).code, 2);
  });
});
