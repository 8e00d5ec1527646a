/** Writes tar archives (POSIX ustar): files one behind the other, whose sizes are known before. */

export interface TarEntry {
  /** At most 100 ASCII characters. */
  readonly name: string;
  readonly byteLength: number;
  chunks(): Iterable<Uint8Array>;
}

const blockBytes = 512;
const nameBytesMax = 100;
/** What eleven octal digits hold; more is written in base 256, as GNU tar does. */
const octalMax = 8 ** 11 - 1;

function writeNumber(
  header: Buffer,
  value: number,
  { at, length }: { at: number; length: number },
) {
  if (value <= octalMax) {
    header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
    return;
  }
  header.writeBigUInt64BE(BigInt(value), at + length - 8);
  header[at] = 0x80;
}

function headerOf({ name, byteLength }: TarEntry): Uint8Array {
  const header = Buffer.alloc(blockBytes);
  if (Buffer.byteLength(name) > nameBytesMax) throw new Error(`${name} is too long for a tar`);
  header.write(name, 0, "latin1");
  header.write(["0000644", "0000000", "0000000", ""].join("\0"), 100, "latin1");
  writeNumber(header, byteLength, { at: 124, length: 12 });
  header.write("00000000000", 136, "latin1");
  header.write("        ", 148, "latin1");
  header.write("0", 156, "latin1");
  header.write("ustar\x0000", 257, "latin1");
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

/** The archive in pieces. The same entries give the same bytes: no times, owners or the like. */
export function* writeTar(entries: readonly TarEntry[]): Generator<Uint8Array> {
  for (const entry of entries) {
    yield headerOf(entry);
    yield* entry.chunks();
    const rest = entry.byteLength % blockBytes;
    if (rest > 0) yield new Uint8Array(blockBytes - rest);
  }
  yield new Uint8Array(2 * blockBytes);
}
