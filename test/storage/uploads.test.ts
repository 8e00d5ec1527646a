/** Uploads in a folder and in a bucket: one contract, and what replicas need of the bucket. */
import assert from "node:assert/strict";
import { before, describe, it } from "node:test";
import { newId } from "#src/ids.ts";
import { openUploads } from "#storage/uploads/open.ts";
import { pattern, pieces } from "#test/contracts/artifacts.ts";
import { refusal } from "#test/contracts/refusal.ts";
import { uploadsContract } from "#test/contracts/uploads.ts";
import { makeBucket, newAddress, newFolder, withoutS3 } from "./s3-bucket.ts";

uploadsContract("A folder", async (t) => openUploads(await newFolder(t), ""));

describe("S3", { skip: withoutS3 }, () => {
  before(() => makeBucket());
  uploadsContract("A bucket", async () => openUploads("", newAddress()));

  it("lets another replica take the next piece, and only one at a time", async () => {
    const address = newAddress();
    const [here, there] = [await openUploads("", address), await openUploads("", address)];
    const id = newId("upl");
    await here.create(id);
    const bytesMax = 1000;
    await here.append(id, pieces(pattern(10), 3), { offset: 0, bytesMax });
    const both = [here, there].map((replica) =>
      replica.append(id, pieces(pattern(20), 7), { offset: 10, bytesMax }),
    );
    const ends = await Promise.allSettled(both);
    assert.deepEqual(ends.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const lost = ends.find((end) => end.status === "rejected");
    assert.ok(refusal("upload_conflict")(lost?.reason));
    assert.equal(await there.size(id), 30);
  });
});
