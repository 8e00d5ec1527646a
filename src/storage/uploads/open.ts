/** Opens uploads beside the artifacts: in a folder, or in the bucket where replicas share it. */
import { s3AddressOf } from "#storage/s3-address.ts";
import type { Uploads } from "#storage/uploads.ts";
import { openUploadFolder } from "./folder.ts";

/** `address`: `s3://…` of the artifacts, or empty for the folder. */
export async function openUploads(dir: string, address: string): Promise<Uploads> {
  if (address === "") return openUploadFolder(dir);
  const bucket = s3AddressOf(address);
  if (bucket === null) throw new Error(`${address} is no address of artifacts`);
  const { openUploadBucket } = await import("./s3.ts");
  return openUploadBucket(bucket);
}
