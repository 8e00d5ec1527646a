/** `linnet keys`: the first key in the data folder itself, later ones over the API. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, type TestContext } from "node:test";
import type { NewApiKey } from "#schemas/api-key.ts";
import { linnet } from "./screen.ts";

async function folder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-keys-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

it("makes, lists, rotates and ends keys in a data folder", async (t) => {
  const dir = await folder(t);
  const scopes = "admin,models:*";
  const made = await linnet([
    "keys",
    "create",
    "--name",
    "first",
    "--scopes",
    scopes,
    "--data",
    dir,
  ]);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^lnt_[0-9a-z]{20}_[A-Za-z0-9_-]{43}\n$/);
  const [id = ""] = /key_[0-9a-z]{20}/.exec(made.err) ?? [];
  const listed = await linnet(["keys", "list", "--data", dir]);
  assert.match(listed.out, new RegExp(`${id} +first +default +admin models:read models:write`));
  const rotated = await linnet(["--json", "keys", "rotate", id, "--overlap", "1h", "--data", dir]);
  const { id: next } = JSON.parse(rotated.out) as NewApiKey;
  assert.notEqual(next, id);
  assert.equal((await linnet(["keys", "delete", id, "--data", dir])).code, 0);
  const left = await linnet(["keys", "list", "--data", dir]);
  assert.doesNotMatch(left.out, new RegExp(id));
  assert.match(left.out, new RegExp(next));
  assert.equal((await linnet(["keys", "delete", id, "--data", dir])).code, 2);
});

it("refuses scopes and times that are none", async (t) => {
  const dir = await folder(t);
  const create = ["keys", "create", "--name", "x", "--data", dir];
  assert.equal((await linnet([...create, "--scopes", "everything"])).code, 2);
  assert.equal((await linnet([...create, "--scopes", "admin", "--expires", "soon"])).code, 2);
});
