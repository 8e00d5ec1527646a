/** Tenants: what belongs to another is not found, on every route of the contract. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import { closing } from "#api/stream/limits.ts";
import type { Problem } from "#schemas/problem.ts";
import {
  checkpointRecord,
  datasetRecord,
  modelRecord,
  runRecord,
  snapshotRecord,
} from "#test/contracts/records.ts";
import { ntkRecord, sweepRecord } from "#test/contracts/store-sweeps.ts";
import { keyFor, locked } from "./door.ts";
import { Listener } from "./listener.ts";
import { openStage, type Stage } from "./stage.ts";

interface Operation {
  readonly operationId: string;
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>>;
  };
}

interface Contract {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly examples?: readonly unknown[] }>>;
  };
}

const read = async <T>(name: string): Promise<T> =>
  JSON.parse(await readFile(new URL(`../../openapi/${name}`, import.meta.url), "utf8")) as T;
const contract = await read<Contract>("openapi.json");
const stream = await read<{ readonly channels: Readonly<Record<string, { address: string }>> }>(
  "asyncapi.json",
);

/** One of everything that belongs to `tenant`: the parameters of each path. */
async function furnish({ backing }: Stage, tenant: string) {
  const record = runRecord();
  const run = record.run.id;
  const [model, dataset, sweep] = [modelRecord(), datasetRecord(), sweepRecord()];
  const [snapshot, checkpoint] = [snapshotRecord(), checkpointRecord({ run })];
  const { ntk, ...rest } = ntkRecord({ digest: snapshot.digest, status: "succeeded" });
  const upload = `upl_${"0".repeat(20)}`;
  await backing.store.of(tenant).write(async (writer) => {
    await writer.insertRun(record);
    await writer.insertModel(model);
    await writer.insertDataset(dataset);
    await writer.insertSnapshot(run, snapshot);
    await writer.insertCheckpoint(checkpoint);
    await writer.insertSweep(sweep);
    await writer.insertNtk({ ntk, ...rest });
    const expiresMs = Date.now() + 1_000_000;
    await writer.insertUpload({ id: upload, length: 1, createdMs: 1, expiresMs });
  });
  const { id: key } = await keyFor({ backing } as Stage, tenant);
  return {
    runs: { id: run, sid: snapshot.id, cid: checkpoint.id },
    models: { id: model.id },
    datasets: { id: dataset.id },
    sweeps: { id: sweep.id },
    ntk: { id: ntk.id },
    uploads: { id: upload },
    "api-keys": { id: key },
  } as Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A path with its parameters filled in; an assertion when there is nothing to fill in with. */
function filled(path: string, things: Awaited<ReturnType<typeof furnish>>): string {
  const noun = path.split("/")[2] ?? "";
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = things[noun]?.[name === "run" || name === "sweep" ? "id" : name];
    assert.ok(value, `test/api/tenants.test.ts has nothing for ${name} of ${path}`);
    return value;
  });
}

/** A body that the operation would take. */
function bodyOf({ requestBody }: Operation): object | undefined {
  const reference = requestBody?.content["application/json"]?.schema.$ref;
  const name = reference?.split("/").at(-1);
  if (name === undefined) return undefined;
  const example = contract.components.schemas[name]?.examples?.[0];
  assert.ok(example, `${name} has no example`);
  return example as object;
}

/** What a refusal says, without the ids in it. */
const said = ({ code, detail, errors }: Problem): string =>
  JSON.stringify([code, detail, errors]).replace(/[a-z]{3}_[0-9a-z]{20}/g, "…");

describe("what belongs to another tenant", () => {
  it("is not found, on every route with an id, in the words for what never was", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const theirs = await furnish(stage, "b");
    const nothing = Object.fromEntries(
      Object.entries(theirs).map(([noun, ids]) => [
        noun,
        Object.fromEntries(
          Object.entries(ids).map(([name, id]) => [name, id.replace(/_.*/, `_${"9".repeat(20)}`)]),
        ),
      ]),
    );
    const { headers } = await keyFor(stage, "a");
    let tried = 0;
    for (const [path, operations] of Object.entries(contract.paths)) {
      if (!path.includes("{")) continue;
      for (const [method, operation] of Object.entries(operations)) {
        const payload = bodyOf(operation);
        const ask = async (things: typeof theirs) => {
          const response = await stage.app.inject({
            method: method.toUpperCase() as "GET",
            url: filled(path, things),
            headers: { ...headers, ...tusHeaders(path, method) },
            ...(payload === undefined ? {} : { payload }),
          });
          assert.equal(response.statusCode, 404, `${method} ${path}: ${response.body}`);
          return method === "head" ? "" : said(response.json<Problem>());
        };
        assert.equal(await ask(theirs), await ask(nothing), `${method} ${path}`);
        tried += 1;
      }
    }
    assert.ok(tried >= 30, `${tried} routes`);
  });

  it("is there for its own tenant: the test above asks for what exists", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const theirs = await furnish(stage, "b");
    const { headers } = await keyFor(stage, "b");
    for (const [noun, ids] of Object.entries(theirs)) {
      if (noun === "uploads") continue;
      const response = await stage.app.inject({ url: `/v1/${noun}/${ids["id"]}`, headers });
      assert.equal(response.statusCode, 200, noun);
    }
  });

  it("is in no listing", async (t) => {
    const stage = await openStage(t, { environment: locked });
    await furnish(stage, "b");
    const { headers } = await keyFor(stage, "a");
    for (const noun of ["runs", "models", "datasets", "sweeps", "ntk"]) {
      const response = await stage.app.inject({ url: `/v1/${noun}`, headers });
      assert.deepEqual(response.json<{ data: unknown[] }>().data, [], noun);
    }
    const keys = await stage.app.inject({ url: "/v1/api-keys", headers });
    assert.equal(keys.json<{ data: unknown[] }>().data.length, 1);
  });

  it("closes every stream with 4404, or is refused in a frame", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const theirs = await furnish(stage, "b");
    const { headers } = await keyFor(stage, "a");
    const address = await stage.app.listen({ port: 0, host: "127.0.0.1" });
    for (const channel of Object.values(stream.channels)) {
      const url = `${address}${filled(channel.address, theirs)}`;
      const listener = new Listener(url, { headers });
      await listener.opened();
      if (channel.address === "/v1/stream") {
        listener.send({ frame: "subscribe", run: theirs["runs"]?.["id"] ?? "" });
        assert.equal((await listener.frame("error")).code, "not_found");
        listener.socket.close();
        continue;
      }
      assert.equal((await listener.closed).code, closing.notFound, channel.address);
      assert.deepEqual(listener.of("hello"), []);
    }
  });

  it("cannot be named in a body: neither models and data sets, nor runs", async (t) => {
    const stage = await openStage(t, { environment: locked });
    const theirs = await furnish(stage, "b");
    const { headers } = await keyFor(stage, "a");
    const run = {
      model: theirs["models"]?.["id"],
      dataset: theirs["datasets"]?.["id"],
      optimizer: { type: "sgd", learning_rate: 0.1 },
      steps: 1,
    };
    const bodies: readonly (readonly [string, object])[] = [
      ["/v1/runs", run],
      ["/v1/ntk", { run: theirs["runs"]?.["id"], first: { examples: 2 } }],
      ["/v1/ntk", { model: theirs["models"]?.["id"], first: { inputs: [[1, 2]] } }],
    ];
    for (const [url, payload] of bodies) {
      const response = await stage.app.inject({ method: "POST", url, headers, payload });
      assert.equal(response.json<Problem>().code, "incompatible", `${url} ${response.body}`);
    }
  });
});

/** What tus wants before it looks anything up. */
function tusHeaders(path: string, method: string): Record<string, string> {
  if (!path.startsWith("/v1/uploads")) return {};
  const body = { "content-type": "application/offset+octet-stream", "upload-offset": "0" };
  return { "tus-resumable": "1.0.0", ...(method === "patch" ? body : {}) };
}
