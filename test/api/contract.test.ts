/** The written contract: fresh, and its examples valid by the schemas that validate. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { describe, it } from "node:test";
import Value from "typebox/value";
import { contractFiles } from "#api/contract/documents.ts";
import { frameExamples } from "#api/contract/frame-examples.ts";
import { problemCodes } from "#schemas/problem.ts";
import { ClientFrame, ServerFrame } from "#schemas/stream.ts";

const root = new URL("../../", import.meta.url);
const read = (path: string) => readFile(new URL(path, root), "utf8");

interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly responses: Readonly<Record<string, { readonly content?: object }>>;
}

describe("the contract", () => {
  it("is written down as the code has it: run `npm run contract` when this fails", async () => {
    const { version } = JSON.parse(await read("package.json"));
    for (const [path, text] of await contractFiles(version)) {
      assert.ok((await read(path)) === text, `${path} is stale`);
    }
  });

  it("names and sums up every operation, and documents problems on each", async () => {
    const { paths } = JSON.parse(await read("openapi/openapi.json"));
    const operations = Object.values(paths).flatMap((item) => Object.values(item as object));
    assert.ok(operations.length > 20);
    const ids = new Set<string>();
    for (const operation of operations as Operation[]) {
      assert.ok(operation.operationId, JSON.stringify(operation));
      assert.ok(operation.summary, operation.operationId);
      ids.add(operation.operationId);
      const refusals = Object.entries(operation.responses).filter(([status]) => status >= "400");
      const problems = refusals.filter(
        ([, { content }]) => content !== undefined && "application/problem+json" in content,
      );
      assert.ok(problems.length > 0, operation.operationId);
    }
    assert.equal(ids.size, operations.length);
  });

  it("lists every problem code", async () => {
    const { components } = JSON.parse(await read("openapi/openapi.json"));
    assert.deepEqual(components.schemas.ProblemCode.enum, Object.keys(problemCodes));
  });

  it("gives examples of frames that are frames", () => {
    for (const [name, examples] of Object.entries(frameExamples)) {
      assert.ok(examples.length > 0, name);
      for (const example of examples) {
        const fits = Value.Check(ServerFrame, example) || Value.Check(ClientFrame, example);
        assert.ok(fits, name);
      }
    }
  });
});
