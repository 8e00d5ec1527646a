/** A program for the folder's test: stores twenty artifacts, as other processes do meanwhile. */
import { openArtifactFolder } from "#storage/artifacts/folder.ts";
import { pattern, pieces } from "#test/contracts/artifacts.ts";

const [dir = ""] = process.argv.slice(2);
const artifacts = await openArtifactFolder(dir);
for (let i = 0; i < 20; i += 1) {
  const bytes = pattern(50_000 + i);
  await artifacts.put(i % 2 === 0 ? bytes : pieces(bytes, 4096), { bytesMax: bytes.length });
}
