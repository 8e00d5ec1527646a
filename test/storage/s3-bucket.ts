/** A place of its own in the S3 server that a test was given, and why there may be none. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";

/** Where a server is; credentials come the usual way, by AWS_ACCESS_KEY_ID and its secret. */
export const s3Endpoint = process.env["LINNET_TEST_S3_ENDPOINT"] ?? "";

/** What a test that needs the server is skipped with; false where there is one. */
export const withoutS3: string | false =
  s3Endpoint === "" ? "LINNET_TEST_S3_ENDPOINT names no S3 server" : false;

const bucket = "linnet-tests";

export async function makeBucket(name = bucket): Promise<void> {
  const client = new S3Client({ endpoint: s3Endpoint, region: "us-east-1", forcePathStyle: true });
  try {
    await client.send(new CreateBucketCommand({ Bucket: name }));
  } catch (error) {
    const isThere = error instanceof Error && error.name.startsWith("BucketAlready");
    if (!isThere) throw error;
  } finally {
    client.destroy();
  }
}

/** An address under which nobody else stores. */
export function newAddress(parameters = "", of = bucket): string {
  return `s3://${of}/${randomUUID()}?endpoint=${s3Endpoint}${parameters}`;
}

/** A folder for copies, gone when the test ends. */
export async function newFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "linnet-copies-"));
  t.after(() => rm(dir, { recursive: true, force: true }));
  return dir;
}
