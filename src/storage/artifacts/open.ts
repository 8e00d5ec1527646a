/** Opens artifacts where they are: in a folder, or in S3 with the folder for copies. */
import type { Artifacts } from "#storage/artifacts.ts";
import { s3AddressOf } from "#storage/s3-address.ts";
import { type FolderOptions, openArtifactFolder } from "./folder.ts";

export interface OpenOptions extends FolderOptions {
  /** `s3://…`; empty for the folder itself. */
  readonly address: string;
  /** How often a request is tried before storage counts as away; 4 times unless told. */
  readonly attemptsMax?: number;
}

const attemptsUsual = 4;

/** `dir`: the folder of the artifacts, or of their copies where the address names another place. */
export async function openArtifacts(dir: string, options: OpenOptions): Promise<Artifacts> {
  const folder = await openArtifactFolder(dir, options);
  if (options.address === "") return folder;
  const address = s3AddressOf(options.address);
  if (address === null) throw new Error(`${options.address} is no address of artifacts`);
  // A service without S3 does not wait for a client that it never uses.
  const { openS3Artifacts } = await import("./s3.ts");
  const { attemptsMax = attemptsUsual, failpoint } = options;
  return openS3Artifacts({ address, folder, attemptsMax, failpoint });
}
