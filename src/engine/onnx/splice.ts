/**
 * Replaces parts of a file and mends the lengths of the messages around them. Everything else is
 * handed on as it is, in runs of the same memory.
 */
import type { Frame } from "./fields.ts";
import type { Writer } from "./wire.ts";

/** Bytes that take the place of others. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  /** Messages around the place, outermost first. */
  readonly frames: readonly Frame[];
  /** Length of the new bytes, which are made when they are asked for. */
  readonly length: number;
  readonly make: () => Uint8Array;
}

type Part = Uint8Array | Edit;

interface Rendered {
  readonly parts: readonly Part[];
  readonly length: number;
}

/** The length as the wire format writes it. */
function varint(length: number): Uint8Array {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.from([...bytes, rest]);
}

const lengthOf = (parts: readonly Part[]): number =>
  parts.reduce((sum, part) => sum + part.length, 0);

/** The bytes of one message with the edits in it, which are in order and do not overlap. */
function rendered(
  bytes: Uint8Array,
  edits: readonly Edit[],
  where: { readonly start: number; readonly end: number; readonly depth: number },
): Rendered {
  const { start, end, depth } = where;
  const parts: Part[] = [];
  let at = start;
  for (let next = 0; next < edits.length; ) {
    const edit = edits[next];
    if (edit === undefined) break;
    const frame = edit.frames[depth];
    if (frame === undefined) {
      parts.push(bytes.subarray(at, edit.start), edit);
      at = edit.end;
      next += 1;
      continue;
    }
    const inside = edits.slice(next).filter(({ frames }) => frames[depth]?.start === frame.start);
    const inner = rendered(bytes, inside, { ...frame, depth: depth + 1 });
    parts.push(bytes.subarray(at, frame.lengthAt), varint(inner.length), ...inner.parts);
    at = frame.end;
    next += inside.length;
  }
  parts.push(bytes.subarray(at, end));
  return { parts, length: lengthOf(parts) };
}

/** A file in pieces, in order. Pieces may share memory with what they were made from. */
export interface Pieces {
  readonly byteLength: number;
  chunks(): Iterable<Uint8Array>;
}

/** The file with the edits made. */
export function spliced(bytes: Uint8Array, edits: readonly Edit[]): Pieces {
  const sorted = edits.toSorted((a, b) => a.start - b.start);
  const { parts, length } = rendered(bytes, sorted, { start: 0, end: bytes.byteLength, depth: 0 });
  return {
    byteLength: length,
    *chunks() {
      for (const part of parts) yield part instanceof Uint8Array ? part : part.make();
    },
  };
}

/** A message under construction as pieces. */
export const piecesOf = (writer: Writer): Pieces => ({
  byteLength: writer.byteLength,
  chunks: () => writer.chunks(),
});

/** All pieces in one array. */
export function joined(pieces: Pieces): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(pieces.byteLength);
  let at = 0;
  for (const chunk of pieces.chunks()) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
