/** Who may know whom, executed: the rules of .dependency-cruiser.mjs over the whole source. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { it } from "node:test";
import { promisify } from "node:util";

const root = join(import.meta.dirname, "..");
/** Fewer than this means that the check looked past the sources and proved nothing. */
const modulesMin = 150;

interface Report {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly from: string;
      readonly to: string;
      readonly rule: { readonly name: string };
    }[];
  };
}

it("imports follow the map, without rings", async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs"),
      "--config",
      ".dependency-cruiser.mjs",
      "--output-type",
      "json",
      "src",
      "schemas",
    ],
    { cwd: root, maxBuffer: 256 * 1024 * 1024 },
  ).catch((error: { stdout: string }) => error);
  const { summary } = JSON.parse(stdout) as Report;
  assert.ok(summary.totalCruised >= modulesMin, `only ${summary.totalCruised} modules seen`);
  const faults = summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} → ${to}`);
  assert.equal(faults.length, 0, faults.join("\n"));
});
