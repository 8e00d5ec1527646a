/**
 * NumPy's `.npz`: a zip of npy files. yauzl reads the directory; sizes, ratios, overlaps and
 * checksums are checked here, because neither yauzl nor fflate checks a CRC.
 */
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { zipSync } from "fflate";
import { type Entry, fromBufferPromise, type ZipFile } from "yauzl";
import { bytesOf, type Tensor } from "#engine/tensor.ts";
import {
  arraysMaxDefault,
  FormatError,
  type FormatLimits,
  pointerTo,
  quoted,
} from "./format-error.ts";
import { readNpy, writeNpy } from "./npy.ts";

/** Highest ratio of inflated to stored bytes; deflate reaches 1032 only on constant bytes. */
const ratioMax = 100;
/** Room for one npy header beside the values that `bytesMax` counts. */
const headerRoom = 10_240;
const nameLengthMax = 200;

/**
 * The arrays of an npz file by name (without `.npy`), in file order. Rejects with FormatError and
 * nothing else; `pointer` names the array at fault. The values may share memory with `bytes`.
 */
export async function readNpz(
  bytes: Uint8Array,
  limits: FormatLimits,
): Promise<Map<string, Tensor>> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const members = await directory(buffer, limits);
  refuseOverlaps(members);
  const arrays = new Map<string, Tensor>();
  let bytesLeft = limits.bytesMax;
  for (const member of members) {
    const content = await contentOf(member, buffer, bytesLeft);
    const value = readNpy(content, { bytesMax: bytesLeft }, pointerTo(member.name));
    bytesLeft -= value.data.length * bytesOf[value.dtype];
    arrays.set(member.name, value);
  }
  return arrays;
}

/** An npz file of `arrays`, not compressed; equal arrays in equal order give equal bytes. */
export function writeNpz(arrays: ReadonlyMap<string, Tensor>): Uint8Array {
  const files: [string, Uint8Array][] = [];
  for (const [name, value] of arrays) files.push([`${name}.npy`, writeNpy(value)]);
  // A fixed date: the same arrays must have the same digest tomorrow.
  const mtime = new Date(1980, 0, 1);
  return zipSync(Object.fromEntries(files), { level: 0, mtime });
}

interface Member {
  readonly name: string;
  readonly entry: Entry;
  readonly start: number;
}

async function directory(buffer: Buffer, limits: FormatLimits): Promise<Member[]> {
  const arraysMax = limits.arraysMax ?? arraysMaxDefault;
  const zip = await zipped(fromBufferPromise(buffer, { strictFileNames: true }));
  if (zip.entryCount > arraysMax) {
    throw new FormatError("npz", `the file has ${zip.entryCount} entries; at most ${arraysMax}`);
  }
  const members = new Map<string, Member>();
  for await (const entry of entriesOf(zip)) {
    const name = nameOf(entry);
    if (members.has(name)) {
      const message = `the array ${quoted(name)} occurs twice; give each array its own name`;
      throw new FormatError("npz", message, pointerTo(name));
    }
    const { fileDataStart } = await zipped(
      zip.readLocalFileHeaderPromise(entry, { minimal: true }),
    );
    members.set(name, { name, entry, start: fileDataStart });
  }
  return [...members.values()];
}

/** What yauzl answers, with its errors as refusals. */
async function zipped<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new FormatError(
      "npz",
      `this is not a sound zip file (${quoted(cause)}); save it again with numpy.savez`,
    );
  }
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  const entries = zip.eachEntry()[Symbol.asyncIterator]();
  for (;;) {
    const next = await zipped(entries.next());
    if (next.done === true) return;
    yield next.value;
  }
}

function nameOf(entry: Entry): string {
  const { fileName } = entry;
  const name = fileName.slice(0, -4);
  const nested = fileName.includes("/") || fileName.includes("\\");
  if (nested || !fileName.endsWith(".npy") || name === "" || name.length > nameLengthMax) {
    throw new FormatError(
      "npz",
      `the entry ${quoted(fileName)} is not a plain NAME.npy; save arrays only, without folders`,
      pointerTo(quoted(fileName).slice(1, -1)),
    );
  }
  return name;
}

/** Entries that share bytes are how a small zip inflates to petabytes. */
function refuseOverlaps(members: readonly Member[]): void {
  const ordered = [...members].sort((a, b) => a.start - b.start);
  let end = 0;
  for (const { name, entry, start } of ordered) {
    if (start < end) {
      throw new FormatError("npz", "two entries share the same bytes", pointerTo(name));
    }
    end = start + entry.compressedSize;
  }
}

const inflate = promisify(
  (data: Uint8Array, size: number, done: (error: Error | null, out: Buffer) => void) => {
    // A limit one above the declared size tells "longer than declared" from "as declared".
    inflateRaw(data, { maxOutputLength: size + 1, chunkSize: chunkFor(size) }, done);
  },
);

function chunkFor(size: number): number {
  return Math.min(Math.max(size + 1, 64), 1 << 20);
}

async function contentOf(member: Member, buffer: Buffer, bytesLeft: number): Promise<Uint8Array> {
  const { entry, start, name } = member;
  const refuse = (message: string): never => {
    throw new FormatError("npz", message, pointerTo(name));
  };
  const { compressedSize, uncompressedSize } = entry;
  if (!entry.canDecodeFileData()) {
    refuse("the entry is encrypted or uses a compression other than deflate; use numpy.savez");
  }
  // Twice: 8-byte integers become 4-byte ones, so a file may be larger than its host values.
  if (uncompressedSize > 2 * bytesLeft + headerRoom) {
    refuse(
      `the entry declares ${uncompressedSize} bytes, above the limit of ${bytesLeft}; ` +
        "send fewer examples or a narrower element type",
    );
  }
  if (uncompressedSize > ratioMax * compressedSize) {
    refuse(
      `the entry inflates more than ${ratioMax} times; save it without compression (numpy.savez)`,
    );
  }
  const packed = buffer.subarray(start, start + compressedSize);
  if (packed.length !== compressedSize) refuse("the entry is cut short; upload the file again");
  const content =
    entry.compressionMethod === 0
      ? packed
      : await inflate(packed, uncompressedSize).catch(() =>
          refuse("the compressed bytes are damaged; upload the file again"),
        );
  if (content.length !== uncompressedSize) {
    refuse("the entry does not have its declared size; upload the file again");
  }
  if (crc32(content) !== entry.crc32) {
    refuse("the checksum is wrong: the bytes were damaged on their way; upload the file again");
  }
  return content;
}
