/** Damage to a file, as disks and crashes do it: at every 4 KiB boundary, one place at a time. */
import { open, readFile, truncate, writeFile } from "node:fs/promises";

export const damages = ["truncated", "zeroed", "flipped"] as const;
export type Damage = (typeof damages)[number];

export const blockBytes = 4096;

/** A place in a file, and what happens there. */
export interface Blow {
  readonly damage: Damage;
  readonly at: number;
}

/** Every blow on a file of `bytes`: at each boundary, the beginning included. */
export function blowsOn(bytes: number): readonly Blow[] {
  const boundaries = Math.ceil(bytes / blockBytes);
  return Array.from({ length: boundaries }, (_, block) => block * blockBytes).flatMap((at) =>
    damages.map((damage) => ({ damage, at })),
  );
}

/** The bytes after a blow. A block of zeros that is zeroed stays as it was. */
export function damaged(bytes: Uint8Array, { damage, at }: Blow, bit = 0): Uint8Array {
  if (damage === "truncated") return bytes.slice(0, at);
  const copy = bytes.slice();
  if (damage === "zeroed") copy.fill(0, at, at + blockBytes);
  else copy[at] = (copy[at] ?? 0) ^ (1 << bit);
  return copy;
}

/** Puts other bytes in the place of a file's; artifacts are stored read-only. */
export async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, "r+").catch(() => null);
  if (handle === null) {
    await writeFile(path, bytes);
    return;
  }
  await handle.close();
  await truncate(path, 0);
  await writeFile(path, bytes);
}

export const bytesOf = async (path: string): Promise<Uint8Array> =>
  new Uint8Array(await readFile(path));
