/** Writes the contract documents; `test/api/contract.test.ts` refuses stale ones. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { contractFiles } from "./documents.ts";

const root = new URL("../../../", import.meta.url);
const { version } = JSON.parse(await readFile(new URL("package.json", root), "utf8")) as {
  readonly version: string;
};

for (const [path, text] of await contractFiles(version)) {
  const file = new URL(path, root);
  await mkdir(dirname(file.pathname), { recursive: true });
  await writeFile(file, text);
  process.stdout.write(`${path}: ${text.length} characters\n`);
}
