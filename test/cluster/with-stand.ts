/**
 * `node test/cluster/with-stand.ts COMMAND…`: runs a command with a database and an S3 server that
 * are gone when it ends; it finds them by LINNET_TEST_DATABASE_URL and LINNET_TEST_S3_ENDPOINT.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openStand } from "./stand.ts";

const [command, ...flags] = process.argv.slice(2);
if (command === undefined) {
  process.stderr.write("which command?\n");
  process.exit(2);
}
let exit = 1;
{
  await using stand = await openStand();
  const { postgres, storage } = stand;
  const child = spawn(command, flags, {
    stdio: "inherit",
    env: {
      ...process.env,
      ...storage.credentials,
      LINNET_TEST_DATABASE_URL: postgres.url,
      LINNET_TEST_S3_ENDPOINT: storage.endpoint,
    },
  });
  const [code] = (await once(child, "exit")) as [number | null];
  exit = code ?? 1;
}
process.exit(exit);
