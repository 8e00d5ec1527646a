/** Where artifacts are when they are not in the data folder: an address in one line of text. */

export interface S3Address {
  readonly bucket: string;
  /** Before every key: empty, or ends with a slash. */
  readonly prefix: string;
  /** Undefined leaves it to the environment and the profile of the AWS SDK. */
  readonly region: string | undefined;
  /** Of a server that is not Amazon's. */
  readonly endpoint: string | undefined;
  /** Whether the bucket is named in the path, and not in the name of the host. */
  readonly pathStyle: boolean;
  /** Bytes of copies that a machine keeps on its own disk. */
  readonly copiesBytesMax: number;
}

const copiesBytesUsual = 8 * 1024 ** 3;
const copiesBytesMin = 1024 ** 2;

/** Of a bucket, a prefix and known parameters. */
export const s3AddressPattern =
  "^(s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.'()/-]*)?" +
  "(\\?(region|endpoint|path_style|copies_bytes)=[^&#?]+" +
  "(&(region|endpoint|path_style|copies_bytes)=[^&#?]+)*)?)?$";

/**
 * What an address says, such as `s3://bucket/prefix?region=eu-central-1`; null when it cannot be
 * understood. Another server is named by `endpoint`, and is asked in path style unless told.
 */
export function s3AddressOf(text: string): S3Address | null {
  if (text === "" || !new RegExp(s3AddressPattern).test(text)) return null;
  const url = new URL(text);
  const endpoint = url.searchParams.get("endpoint") ?? undefined;
  if (endpoint !== undefined && !/^https?:\/\/[^/]+\/?$/.test(endpoint)) return null;
  const style = url.searchParams.get("path_style");
  if (style !== null && style !== "true" && style !== "false") return null;
  const copies = url.searchParams.get("copies_bytes");
  const copiesBytesMax = copies === null ? copiesBytesUsual : Number(copies);
  if (!Number.isSafeInteger(copiesBytesMax) || copiesBytesMax < copiesBytesMin) return null;
  const folders = url.pathname.split("/").filter((part) => part !== "");
  return {
    bucket: url.hostname,
    prefix: folders.map((folder) => `${folder}/`).join(""),
    // Servers of one's own have no regions, but the signature wants one.
    region: url.searchParams.get("region") ?? (endpoint === undefined ? undefined : "us-east-1"),
    endpoint,
    pathStyle: style === null ? endpoint !== undefined : style === "true",
    copiesBytesMax,
  };
}
