/**
 * Pages of a log as the bytes of WebSocket frames, made once for all readers who take every event:
 * what waits for a thousand of them is one buffer. What a reader takes is the tail's business.
 */
import type { LogPage } from "./pages.ts";

/** Events in a row, as they travel. */
export interface Batch {
  readonly bytes: Uint8Array;
  readonly events: number;
  /** Seq of the last. */
  readonly last: number;
}

/** A batch ends before it is larger, unless one event alone is. */
const batchBytesMax = 64 * 1024;

const known = new WeakMap<LogPage, readonly Batch[]>();

/** RFC 6455, section 5.2: one whole text frame, not masked, as a server sends it. */
const wholeText = 0x81;
const shortMax = 125;
const length16 = 126;
const length64 = 127;

function headOf(length: number): Uint8Array {
  if (length <= shortMax) return Uint8Array.of(wholeText, length);
  const isLong = length > 0xffff;
  const head = Buffer.alloc(isLong ? 10 : 4);
  head[0] = wholeText;
  head[1] = isLong ? length64 : length16;
  if (isLong) head.writeBigUInt64BE(BigInt(length), 2);
  else head.writeUInt16BE(length, 2);
  return head;
}

function makeBatches({ run, events }: LogPage): readonly Batch[] {
  const batches: Batch[] = [];
  let parts: Uint8Array[] = [];
  let [bytes, count, last] = [0, 0, 0];
  const close = (): void => {
    if (count > 0) batches.push({ bytes: Buffer.concat(parts, bytes), events: count, last });
    parts = [];
    bytes = 0;
    count = 0;
  };
  for (const event of events) {
    const text = Buffer.from(JSON.stringify({ frame: "event", run: run.id, ...event }));
    const head = headOf(text.length);
    if (bytes + head.length + text.length > batchBytesMax) close();
    parts.push(head, text);
    bytes += head.length + text.length;
    count += 1;
    last = event.seq;
  }
  close();
  return batches;
}

/** All events of a page, in order. */
export function batchesOf(page: LogPage): readonly Batch[] {
  const made = known.get(page) ?? makeBatches(page);
  known.set(page, made);
  return made;
}
