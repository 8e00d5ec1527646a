/** One-off kernels at the edge: submission, refusals, reading, the matrix by Accept. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import Value from "typebox/value";
import { tensor } from "#engine/tensor.ts";
import { readNpy } from "#formats/npy.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import { Ntk, type NtkRequest } from "#schemas/ntk.ts";
import { checkpointRecord } from "#test/contracts/records.ts";
import { addMaterials, shareStage } from "./stage.ts";

let materials: { readonly model: string; readonly dataset: string };
const stage = shareStage({}, async ({ backing }) => {
  materials = await addMaterials(backing);
});

const post = (payload: object) => stage().app.inject({ method: "POST", url: "/v1/ntk", payload });
const get = (url: string, headers: Record<string, string> = {}) =>
  stage().app.inject({ url, headers });

const given = {
  inputs: [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
};

async function submit(request: Partial<NtkRequest>): Promise<Ntk> {
  const answer = await post({ model: materials.model, first: given, ...request });
  assert.equal(answer.statusCode, 202, answer.body);
  return answer.json();
}

describe("asking for a kernel", () => {
  it("is answered with what will be computed, and where to find it", async () => {
    const answer = await post({ model: materials.model, first: given, second: given });
    const ntk: Ntk = answer.json();
    assert.equal(answer.headers.location, `/v1/ntk/${ntk.id}`);
    assert.ok(Value.Check(Ntk, ntk));
    assert.deepEqual([ntk.status, ntk.kernel, ntk.shape], ["queued", "full", [3, 2, 3, 2]]);
    assert.deepEqual((await get(`/v1/ntk/${ntk.id}`)).json(), ntk);
    assert.equal((await get("/v1/ntk?limit=1")).json().data[0].id, ntk.id);
    assert.equal((await get(`/v1/ntk/${ntk.id}/kernel`)).json().code, "conflict");
  });

  it("takes a run's latest checkpoint, its model and its data set", async () => {
    const { backing, addRun } = stage();
    const run = await addRun({ ...materials });
    const checkpoint = checkpointRecord({ run: run.id, step: 7 });
    await backing.store.write((writer) => writer.insertCheckpoint(checkpoint));
    const answer = await post({ run: run.id, first: { split: "train", indices: [0] } });
    const ntk: Ntk = answer.json();
    assert.deepEqual(
      [ntk.model, ntk.seed, ntk.checkpoint, ntk.step],
      [materials.model, null, checkpoint.id, 7],
    );
    assert.deepEqual(ntk.first.dataset, materials.dataset);
  });

  it("keeps the settings of a regression, and asks for labels and the full kernel", async () => {
    const { dataset } = materials;
    const first = { dataset, split: "train" as const, indices: [0] };
    const ntk = await submit({ first, regression: { ridge: 0.5 } });
    assert.deepEqual(ntk.regression, { ridge: 0.5, prior: "network" });
    assert.ok(Value.Check(Ntk, (await get(`/v1/ntk/${ntk.id}`)).json()));
    const wrong = [
      [{ first: given, regression: {} }, "/first"],
      [{ first, kernel: "trace", regression: {} }, "/kernel"],
      [{ first, regression: { ridge: -1 } }, "/regression/ridge"],
    ] as const;
    for (const [changes, pointer] of wrong) {
      const answer = await post({ model: materials.model, ...changes });
      assert.equal(answer.json().errors[0].pointer, pointer, answer.body);
    }
  });

  it("points at what cannot be", async () => {
    const { dataset } = materials;
    const run = await stage().addRun({ ...materials });
    const wrong: readonly (readonly [object, string, string])[] = [
      [{ run: run.id }, "", "invalid_request"],
      [{ model: undefined }, "", "invalid_request"],
      [{ model: undefined, run: run.id }, "", "no_checkpoint"],
      [{ model: "mdl_00000000000000000000" }, "/model", "incompatible"],
      [{ checkpoint: "chk_00000000000000000000" }, "/checkpoint", "invalid_request"],
      [{ first: {} }, "/first/dataset", "invalid_request"],
      [{ first: { dataset, examples: 9 } }, "/first/examples", "incompatible"],
      [{ first: { dataset, indices: [0, 1] } }, "/first/indices/1", "incompatible"],
      [{ second: { inputs: [[1, 2], [3]] } }, "/second/inputs/1", "invalid_request"],
      [{ kernel: "square" }, "/kernel", "invalid_request"],
    ];
    for (const [changes, pointer, code] of wrong) {
      const answer = await post({ model: materials.model, first: given, ...changes });
      const { errors = [{ pointer: "" }], code: said } = answer.json();
      assert.equal(said, code, answer.body);
      assert.equal(errors[0].pointer, pointer, answer.body);
    }
  });

  it("refuses a kernel that is larger than the limit", async () => {
    const inputs = Array.from({ length: 4096 }, () => [1, 2]);
    const asked = { model: materials.model, first: { inputs }, dtype: "float64" };
    const answer = await post({ ...asked, second: { inputs } });
    assert.equal(answer.json().code, "too_large");
    // Of one set it need not fit into memory.
    assert.equal((await post(asked)).json().status, "queued");
  });
});

describe("a kernel that was computed", () => {
  it("comes as safetensors, npy or a picture", async () => {
    const { artifacts, store } = stage().backing;
    const { id } = await submit({ kernel: "trace" });
    const kernel = tensor("float32", [2, 2], [2, 1, 1, 2]);
    const file = writeSafetensors(new Map([["kernel", kernel]]));
    const { digest } = await artifacts.put(file, { bytesMax: 1e6 });
    await store.write(async (writer) => {
      const record = await writer.ntk(id);
      assert.ok(record !== undefined);
      const ntk = { ...record.ntk, status: "succeeded" as const, digest };
      await writer.updateNtk({ ...record, ntk });
    });
    const url = `/v1/ntk/${id}/kernel`;
    const whole = await get(url);
    assert.deepEqual(
      readSafetensors(whole.rawPayload, { bytesMax: 1e6 }).tensors.get("kernel")?.data,
      kernel.data,
    );
    const npy = await get(url, { accept: "application/x-npy" });
    assert.deepEqual(readNpy(npy.rawPayload, { bytesMax: 1e6 }).shape, [2, 2]);
    const png = await get(url, { accept: "image/png" });
    assert.equal(png.rawPayload.subarray(1, 4).toString(), "PNG");
    const etag = String(whole.headers.etag);
    assert.equal((await get(url, { "if-none-match": etag })).statusCode, 304);
  });

  it("is gone once it is deleted", async () => {
    const { id } = await submit({});
    const url = `/v1/ntk/${id}`;
    assert.equal((await stage().app.inject({ method: "DELETE", url })).statusCode, 204);
    assert.equal((await get(url)).statusCode, 404);
    assert.equal((await stage().app.inject({ method: "DELETE", url })).statusCode, 404);
  });
});
