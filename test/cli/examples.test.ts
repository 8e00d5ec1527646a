/** Every example runs as its first lines say. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { openService, type Served } from "#test/journeys/service.ts";
import { linnet } from "./screen.ts";

const folder = join(import.meta.dirname, "../../examples");
const execute = promisify(execFile);
const timeout = 60_000;

let served: Served;

before(async () => {
  served = await openService();
});

after(async () => {
  await served[Symbol.asyncDispose]();
});

const found = (command: string): Promise<boolean> =>
  execute(command, ["--version"]).then(
    () => true,
    () => false,
  );

describe("the examples", () => {
  it("are all named here", async () => {
    const names = (await readdir(folder)).sort();
    assert.deepEqual(names, [
      "client.ts",
      "curl.sh",
      "residual-cnn.json",
      "stream.py",
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
