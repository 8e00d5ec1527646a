/**
 * `npm test [-- FILES]`: every test file, as many at once as there are cores. `node --test` by
 * itself keeps one core back, which on two of them doubles the time. With `--again`, files that
 * failed run once more, alone, and what fails then has failed: a machine that does other things as
 * well can be late once. Both tries are told.
 */
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { parseArgs } from "node:util";

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** Files with a failure. */
  readonly files: readonly string[];
}

async function outcomeOf(globPatterns: readonly string[], concurrency: number): Promise<Outcome> {
  const events = run({ globPatterns, concurrency });
  const files = new Set<string>();
  let counts = { passed: 0, failed: 0 };
  let isFailed = false;
  events.on("test:fail", ({ file }) => {
    isFailed = true;
    if (file !== undefined) files.add(file);
  });
  events.on("test:summary", (summary) => {
    if (summary.file !== undefined) return;
    const { tests, passed, skipped, todo } = summary.counts;
    counts = { passed, failed: tests - passed - skipped - todo };
  });
  const told = events.compose(new spec());
  told.pipe(process.stdout, { end: false });
  await once(told, "end");
  // A file that could not even begin is no failed test by the counts.
  return { ...counts, failed: Math.max(counts.failed, isFailed ? 1 : 0), files: [...files] };
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { again: { type: "boolean", default: false } },
});
const everything = ["test/*.test.ts", "test/!(browser)/**/*.test.ts"];
const asked = positionals.length === 0 ? everything : positionals;
const first = await outcomeOf(asked, availableParallelism());
let failed = first.failed;
if (values.again && first.files.length > 0) {
  console.log(`\nAgain, alone: ${first.files.join(" ")}\n`);
  failed = (await outcomeOf(first.files, 1)).failed;
}
if (values.again) {
  const late = failed === 0 && first.failed > 0 ? `; ${first.failed} only on the second try` : "";
  console.log(`tests: ${first.passed + first.failed - failed} passed, ${failed} failed${late}`);
}
if (failed > 0) process.exitCode = 1;
