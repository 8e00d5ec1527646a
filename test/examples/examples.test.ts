/** Every example runs as its first lines say. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { linnet } from "#test/cli/screen.ts";
import { openService, type Served } from "#test/journeys/service.ts";

const folder = join(import.meta.dirname, "../../examples");
const execute = promisify(execFile);
const timeout = 60_000;

let served: Served;
let scratch = "";

before(async () => {
  scratch = await mkdtemp(join(tmpdir(), "linnet-examples-"));
  served = await openService();
});

after(async () => {
  await served[Symbol.asyncDispose]();
  await rm(scratch, { recursive: true, force: true });
});

const found = (command: string): Promise<boolean> =>
  execute(command, ["--version"]).then(
    () => true,
    () => false,
  );

describe("the examples", () => {
  it("are all named here", async () => {
    const names = (await readdir(folder)).sort();
    // page.html runs under test/browser, the study in paper.test.ts.
    assert.deepEqual(names, [
      "client.ts",
      "curl.sh",
      "page.html",
      "paper",
      "plain.mjs",
      "residual-cnn.json",
      "stream.py",
      "study.py",
      "sweep.json",
      "wedge.json",
    ]);
  });

  for (const name of ["wedge.json", "residual-cnn.json"]) {
    it(`train from ${name}`, { timeout }, async () => {
      const few = ["--steps", "20"];
      const ended = await linnet(["train", join(folder, name), ...few], { url: served.url });
      assert.equal(ended.code, 0, ended.err);
      assert.match(ended.out, /succeeded/);
    });
  }

  it("follow a run with the typed client", { timeout }, async () => {
    const { stdout } = await execute(process.execPath, [join(folder, "client.ts"), served.url]);
    assert.match(stdout, /1000 test accuracy 0\.\d+ 0\.\d+/);
    assert.match(stdout, /succeeded\n$/);
  });

  it("sweep from sweep.json", { timeout }, async () => {
    const content = JSON.parse(await readFile(join(folder, "sweep.json"), "utf8"));
    const short = join(scratch, "sweep.json");
    await writeFile(short, JSON.stringify({ ...content, base: { ...content.base, steps: 20 } }));
    const ended = await linnet(["sweep", short, "--seeds", "1"], { url: served.url });
    assert.equal(ended.code, 0, ended.err);
    assert.equal(ended.out.match(/ 1\/1 /g)?.length, 8, "eight groups of one seed");
  });

  it("follow a run from Node without any package", { timeout }, async () => {
    const { stdout } = await execute(process.execPath, [join(folder, "plain.mjs"), served.url]);
    assert.match(stdout, /^500 0\.\d+$/m);
    assert.match(stdout, /succeeded\n$/);
  });

  it("study a sweep with Python", { timeout }, async (t) => {
    if (!(await found("python3"))) return t.skip("python3 is not here");
    const { stdout } = await execute("python3", [join(folder, "study.py"), served.url]);
    assert.match(stdout, /succeeded 6 of 6/);
    assert.match(stdout, /K = 16 mean test accuracy 0\.\d+/);
    assert.match(stdout, /kernel \(16, 16\) \d/);
    assert.match(stdout, /numpy (is not installed|\(16, 16\) largest eigenvalue \d)/);
  });

  it("make a run with curl", { timeout }, async (t) => {
    if (!(await found("curl"))) return t.skip("curl is not here");
    const { stdout } = await execute(join(folder, "curl.sh"), [served.url]);
    assert.match(stdout, /"step":500/);
    assert.match(stdout, /"result":\{"linearised":/);
  });

  it("stream a run with Python", { timeout }, async (t) => {
    if (!(await found("python3"))) return t.skip("python3 is not here");
    const wedge = join(folder, "wedge.json");
    const few = ["--steps", "100", "--detach"];
    const run = (await linnet(["train", wedge, ...few], { url: served.url })).out.trim();
    const { stdout } = await execute("python3", [join(folder, "stream.py"), run, served.url]);
    assert.match(stdout, /step 100 loss/);
    assert.match(stdout, /succeeded/);
  });
});
