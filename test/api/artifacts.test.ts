/** Kernels and weights over HTTP: encodings, digests, ranges. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tensor } from "#engine/tensor.ts";
import { readNpy } from "#formats/npy.ts";
import { heatMap } from "#formats/png.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { checkpointRecord, snapshotRecord } from "#test/contracts/records.ts";
import { shareStage } from "./stage.ts";

const kernel = tensor("float64", [3, 3], [1, 2, 3, 2, 5, 6, 3, 6, 9]);
const file = writeSafetensors(new Map([["kernel", kernel]]), { step: "10" });
const limits = { bytesMax: 1_000_000 };

let snapshotUrl: string;
let checkpointUrl: string;
let digest: string;
const stage = shareStage({}, async ({ addRun, backing: { artifacts, store } }) => {
  ({ digest } = await artifacts.put(file, limits));
  const run = await addRun();
  const snapshot = snapshotRecord({ digest });
  const lost = snapshotRecord({ digest: null });
  const checkpoint = checkpointRecord({ run: run.id, weights: digest });
  await store.write(async (writer) => {
    await writer.insertSnapshot(run.id, snapshot);
    await writer.insertSnapshot(run.id, lost);
    await writer.insertCheckpoint(checkpoint);
  });
  snapshotUrl = `/v1/runs/${run.id}/snapshots/${snapshot.id}`;
  checkpointUrl = `/v1/runs/${run.id}/checkpoints/${checkpoint.id}`;
});

const get = (url: string, headers: Record<string, string> = {}) =>
  stage().app.inject({ url, headers });

describe("a kernel", () => {
  it("is the stored safetensors file unless another encoding is asked for", async () => {
    const answer = await get(`${snapshotUrl}/kernel`);
    assert.equal(answer.headers["content-type"], "application/vnd.safetensors");
    assert.deepEqual(new Uint8Array(answer.rawPayload), new Uint8Array(file));
    assert.equal(answer.headers.etag, `"${digest}"`);
    assert.match(String(answer.headers["repr-digest"]), /^sha-256=:.{44}:$/);
  });

  it("is npy or an image on Accept, as a browser's image element asks", async () => {
    const npy = await get(`${snapshotUrl}/kernel`, { accept: "application/x-npy" });
    assert.deepEqual(readNpy(npy.rawPayload, limits).data, kernel.data);
    const png = await get(`${snapshotUrl}/kernel`, { accept: "image/avif,image/*,*/*;q=0.8" });
    assert.equal(png.headers["content-type"], "image/png");
    const drawn = heatMap(kernel, { cellPixels: Math.floor(512 / 3) });
    assert.deepEqual(new Uint8Array(png.rawPayload), new Uint8Array(drawn));
    assert.equal((await get(`${snapshotUrl}/kernel`, { accept: "text/html" })).statusCode, 406);
  });

  it("is not sent again to whoever has it, each encoding by itself", async () => {
    for (const accept of ["application/vnd.safetensors", "image/png"]) {
      const { headers } = await get(`${snapshotUrl}/kernel`, { accept });
      const again = { accept, "if-none-match": String(headers.etag) };
      assert.equal((await get(`${snapshotUrl}/kernel`, again)).statusCode, 304);
    }
  });

  it("can be fetched in pieces", async () => {
    const first = await get(`${snapshotUrl}/kernel`, { range: "bytes=0-9" });
    assert.equal(first.statusCode, 206);
    assert.equal(first.headers["content-range"], `bytes 0-9/${file.length}`);
    const rest = await get(`${snapshotUrl}/kernel`, { range: "bytes=10-" });
    const whole = Buffer.concat([first.rawPayload, rest.rawPayload]);
    assert.deepEqual(new Uint8Array(whole), new Uint8Array(file));
    const tail = await get(`${snapshotUrl}/kernel`, { range: "bytes=-5" });
    assert.deepEqual(new Uint8Array(tail.rawPayload), new Uint8Array(file.slice(-5)));
    assert.equal((await get(`${snapshotUrl}/kernel`, { range: "bytes=9999-" })).statusCode, 200);
  });

  it("is not there when the run keeps none", async () => {
    const { data } = (await get(snapshotUrl.replace(/\/snp_.*/, ""))).json();
    assert.equal(data.length, 2);
    assert.equal((await get(snapshotUrl)).json().trace, 3);
    const without = data.find((snapshot: { digest: unknown }) => snapshot.digest === null);
    const url = snapshotUrl.replace(/snp_.*/, `${without.id}/kernel`);
    assert.equal((await get(url)).json().code, "not_found");
  });
});

describe("a checkpoint", () => {
  it("is a record, and its weights on Accept", async () => {
    assert.equal((await get(checkpointUrl)).json().step, 10);
    const accept = "application/vnd.safetensors";
    const weights = await get(checkpointUrl, { accept });
    assert.equal(readSafetensors(weights.rawPayload, limits).metadata["step"], "10");
    assert.equal((await get(checkpointUrl, { accept: "application/pdf" })).statusCode, 406);
  });
});
