/** What every Uploads adapter does: pieces in order, and nothing lost or doubled between them. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import { newId } from "#src/ids.ts";
import type { Uploads } from "#storage/uploads.ts";
import { gathered, pattern, pieces } from "./artifacts.ts";
import { refusal } from "./refusal.ts";

export type OpenUploads = (t: TestContext) => Promise<Uploads>;

const bytesMax = 32 * 1024 * 1024;
const mebibyte = 1024 * 1024;

async function begun(uploads: Uploads): Promise<string> {
  const id = newId("upl");
  await uploads.create(id);
  return id;
}

export function uploadsContract(name: string, open: OpenUploads): void {
  describe(`${name} of uploads`, () => {
    it("puts pieces together in their order", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      assert.equal(await uploads.size(id), 0);
      const bytes = pattern(10_000);
      const how = { bytesMax };
      const first = pieces(bytes.subarray(0, 6000), 1000);
      assert.equal(await uploads.append(id, first, { ...how, offset: 0 }), 6000);
      const second = pieces(bytes.subarray(6000), 999);
      assert.equal(await uploads.append(id, second, { ...how, offset: 6000 }), 10_000);
      assert.equal(await uploads.size(id), 10_000);
      assert.deepEqual(await gathered(uploads.stream(id)), bytes);
    });

    it("takes pieces of many mebibytes", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      const bytes = pattern(19 * mebibyte + 3);
      await uploads.append(id, pieces(bytes, mebibyte), { offset: 0, bytesMax });
      assert.equal(await uploads.size(id), bytes.length);
      assert.ok(Buffer.from(bytes).equals(await gathered(uploads.stream(id))));
    });

    it("refuses a piece that begins elsewhere, and what is too much", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      const ask = (offset: number, most: number) =>
        uploads.append(id, pieces(pattern(100), 10), { offset, bytesMax: most });
      await assert.rejects(ask(7, bytesMax), refusal("upload_conflict"));
      await assert.rejects(ask(0, 99), refusal("body_too_large"));
      assert.equal(await uploads.size(id), 0);
      assert.equal(await ask(0, 100), 100);
    });

    it("keeps what came of a piece that was cut off", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      async function* cut() {
        yield pattern(500);
        throw new Error("the client went away");
      }
      await assert.rejects(uploads.append(id, cut(), { offset: 0, bytesMax }), /went away/);
      assert.equal(await uploads.size(id), 500);
      await uploads.append(id, pieces(pattern(5), 5), { offset: 500, bytesMax });
      assert.equal(await uploads.size(id), 505);
    });

    it("keeps nothing of a piece without its checksum", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      const bytes = pattern(9 * mebibyte);
      const expected = createHash("sha1").update(bytes).digest();
      const checked = (digest: Buffer) => ({
        offset: 0,
        bytesMax,
        checksum: { hash: createHash("sha1"), expected: digest },
      });
      const wrong = uploads.append(id, pieces(bytes, mebibyte), checked(Buffer.alloc(20)));
      await assert.rejects(wrong, refusal("checksum_mismatch"));
      assert.equal(await uploads.size(id), 0);
      await uploads.append(id, pieces(bytes, mebibyte), checked(expected));
      assert.equal(await uploads.size(id), bytes.length);
    });

    it("forgets an upload, and knows none that was not begun", async (t) => {
      const uploads = await open(t);
      const id = await begun(uploads);
      await uploads.append(id, pieces(pattern(10), 5), { offset: 0, bytesMax });
      await uploads.delete(id);
      await uploads.delete(id);
      for (const none of [id, newId("upl"), "../upl"]) {
        const append = uploads.append(none, pieces(pattern(1), 1), { offset: 0, bytesMax });
        await assert.rejects(append, refusal("not_found"));
        await assert.rejects(gathered(uploads.stream(none)), refusal("not_found"));
      }
      assert.equal(await uploads.size(id), undefined);
    });
  });
}
