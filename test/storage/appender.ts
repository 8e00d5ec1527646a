/** A program for the crash test: appends to a run's log for ever, and tells each seq it stored. */
import { writeSync } from "node:fs";
import { openSqliteStore } from "#storage/store/sqlite.ts";
import { logEvent, time } from "#test/contracts/records.ts";

const [path = "", run = ""] = process.argv.slice(2);
const store = await openSqliteStore({ path });
for (;;) {
  const events = [logEvent(1), logEvent(2), logEvent(3)];
  const stored = await store.write((writer) => writer.append(run, time, events));
  writeSync(1, `${stored.at(-1)?.seq}\n`);
}
