/**
 * `npm test [-- FILES]`: every test file, as many at once as there are cores. `node --test` by
 * itself keeps one core back, which on two of them doubles the time.
 */
import { availableParallelism } from "node:os";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const asked = process.argv.slice(2);
const everything = ["test/*.test.ts", "test/!(browser)/**/*.test.ts"];
const events = run({
  globPatterns: asked.length === 0 ? everything : asked,
  concurrency: availableParallelism(),
});
events.on("test:fail", () => {
  process.exitCode = 1;
});
events.compose(new spec()).pipe(process.stdout);
