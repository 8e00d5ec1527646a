/** What a cluster stands on, started for a test or a campaign: a database and object storage. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { type ObjectStorage, openObjectStorage } from "./object-storage.ts";
import { openPostgres, type Postgres } from "./postgres.ts";

export interface Stand extends AsyncDisposable {
  readonly postgres: Postgres;
  readonly storage: ObjectStorage;
  /** An existing bucket. */
  readonly bucket: string;
}

const bucket = "linnet";

async function makeBucket({ endpoint, credentials }: ObjectStorage): Promise<void> {
  const client = new S3Client({
    endpoint,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: {
      accessKeyId: credentials["AWS_ACCESS_KEY_ID"] ?? "",
      secretAccessKey: credentials["AWS_SECRET_ACCESS_KEY"] ?? "",
    },
  });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
}

/** Rejects with what has to be installed. */
export async function openStand(): Promise<Stand> {
  const postgres = await openPostgres();
  if (postgres === undefined) throw new Error("PostgreSQL is missing: apt-get install postgresql");
  const storage = await openObjectStorage().catch(async (error: unknown) => {
    await postgres[Symbol.asyncDispose]();
    throw error;
  });
  if (storage === undefined) {
    await postgres[Symbol.asyncDispose]();
    throw new Error(
      "The S3 server is missing: go install github.com/versity/versitygw/cmd/versitygw@v1.8.0",
    );
  }
  await makeBucket(storage);
  return {
    postgres,
    storage,
    bucket,
    [Symbol.asyncDispose]: async () => {
      await storage[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}
