/** bench:gpu leaves a whole report whatever fails: a figure, or the reason why there is none. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { onnxruntimeBackend } from "#engine/backends/onnxruntime.ts";
import { whyNot } from "#test/contracts/backend.ts";
import type { Figures } from "../../bench/gpu/figures.ts";

const file = fileURLToPath(new URL("../../bench/gpu.ts", import.meta.url));
const check = fileURLToPath(new URL("../../deploy/gpu-check.sh", import.meta.url));
const run = promisify(execFile);

async function measured(...flags: readonly string[]) {
  const out = await mkdtemp(join(tmpdir(), "linnet-bench-"));
  try {
    const few = ["--quick", "--only", "mlp", "--python", "/no/python", "--out", out];
    const code = await run(process.execPath, [file, ...few, ...flags]).then(
      () => 0,
      ({ code: ended }: { readonly code: unknown }) => ended,
    );
    const names = await readdir(out);
    const read = async (end: string): Promise<string> =>
      await readFile(join(out, names.find((name) => name.endsWith(end)) ?? end), "utf8");
    const figures = JSON.parse(await read(".json")) as Figures;
    return { code, figures, page: await read(".md") };
  } finally {
    await rm(out, { recursive: true });
  }
}

const hasCuda = (await whyNot(() => onnxruntimeBackend({ device: "cuda" }))) === undefined;

describe("bench:gpu", () => {
  it("measures a task on the processor, and says which peers it did not find", async () => {
    const { code, figures, page } = await measured("--device", "cpu", "--minutes", "5");
    assert.equal(code, 0);
    const [row] = figures.rows;
    assert.ok("found" in figures.peak && figures.peak.found.arithmetic === "float32");
    assert.ok(row !== undefined && "found" in row.steps && row.steps.found.stepsPerSecond > 0);
    assert.ok("found" in row.kernel && row.kernel.found.seconds > 0);
    assert.ok("why" in row.placement);
    assert.equal(figures.peers.length, 2);
    for (const { stepsPerSecond, why } of figures.peers) {
      assert.equal(stepsPerSecond, null);
      assert.match(why ?? "", /\/no\/python/);
    }
    assert.match(page, /\| mlp, batch 32 \| [\d.]+ \|/);
  });

  it("gives reasons for figures where a device is not there", { skip: hasCuda }, async () => {
    const { code, figures, page } = await measured("--device", "cuda");
    assert.equal(code, 1, "nothing was measured");
    const [row] = figures.rows;
    assert.ok(row !== undefined);
    for (const part of [figures.peak, row.steps, row.kernel, row.placement]) {
      assert.ok("why" in part && /CUDA|cuda/.test(part.why), JSON.stringify(part));
    }
    assert.match(page, /\| mlp \| .*(CUDA|cuda)/);
  });

  it("stops when its time is up, and says so", async () => {
    const { code, figures } = await measured("--device", "cpu", "--minutes", "0");
    assert.equal(code, 1);
    const [row] = figures.rows;
    assert.ok(row !== undefined && "why" in row.steps);
    assert.match(row.steps.why, /no time was left/);
  });
});

it("gpu:check refuses options that it does not know", async () => {
  const refused = run("bash", [check, "--nonsense"]);
  await assert.rejects(refused, { code: 2, stderr: /unknown option --nonsense/ });
});
