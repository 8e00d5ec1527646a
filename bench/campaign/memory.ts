/**
 * How much memory the service may have in use while strangers send what they like: what its own
 * limits allow each socket, and what V8 keeps until it collects. docs/operations.md tells it.
 */
import { holdingsOf } from "./processes.ts";

const mebibyte = 2 ** 20;

/** What is open at once, and the limits of the service that its memory follows from. */
export interface Sockets {
  readonly streams: number;
  /** With a body that is read. */
  readonly requests: number;
  readonly queueBytesMax: number;
  readonly frameBytesMax: number;
  readonly bodyBytesMax: number;
  readonly bodiesBytesMax: number;
}

/** What libuv reads from a socket at once. */
const readBytes = 64 * 1024;

/** Two halves of 64 MiB, which V8 does not give back while it is used. */
const youngMiB = 128;
/** Buffers outside of the heap after which V8 collects them. */
const buffersMiB = 64;
/** Old objects that are garbage: as much again as live, about, before V8 looks for them. */
const oldMiB = 64;

/** What of each body is not counted to those that are there at once. */
const freeBytes = 64 * 1024;

/** Text may take two bytes for one that came. */
const textFactor = 2;

/** MiB that so many sockets may add to a service at rest. */
export function allowedMiB(sockets: Sockets): number {
  const { streams, requests, queueBytesMax, frameBytesMax } = sockets;
  const ofStreams = streams * (queueBytesMax + frameBytesMax + readBytes);
  const ofEach = requests * (textFactor * Math.min(sockets.bodyBytesMax, freeBytes) + readBytes);
  const large = Math.min(requests * sockets.bodyBytesMax, sockets.bodiesBytesMax);
  const ofRequests = ofEach + textFactor * large;
  return youngMiB + buffersMiB + oldMiB + Math.ceil((ofStreams + ofRequests) / mebibyte);
}

/**
 * What a later round of the same may take beyond an earlier one: a quarter of the young generation,
 * since where between two collections a sample falls is chance.
 */
export const laterMiBMax = youngMiB / 4;

export async function residentMiB(pid: number): Promise<number> {
  return (await holdingsOf(pid)).residentBytes / mebibyte;
}

/** The heap that is in use, garbage included, as the service's metrics tell it. */
export async function heapMiB(metrics: string): Promise<number> {
  const text = await (await fetch(metrics)).text();
  const used = /^nodejs_heap_size_used_bytes (\S+)$/m.exec(text)?.[1];
  return Number(used) / mebibyte;
}
