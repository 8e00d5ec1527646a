/** Damage to bytes: flips, cuts, splices, lengths that lie, words that a format knows. */
import type { RandomStream } from "#src/random.ts";

export const place = (random: RandomStream, length: number): number =>
  Math.min(length - 1, Math.floor(random.uniform() * length));

export function oneOf<Item>(items: readonly Item[], random: RandomStream): Item {
  const item = items[place(random, items.length)];
  if (item === undefined) throw new RangeError("nothing to choose from");
  return item;
}

type Mutate = (bytes: Uint8Array, random: RandomStream, words: readonly Uint8Array[]) => Uint8Array;

const edges = [0, 1, 0x0a, 0x22, 0x2c, 0x30, 0x39, 0x7f, 0x80, 0xff];

function spliced(bytes: Uint8Array, at: number, insert: Uint8Array, drop = 0): Uint8Array {
  const result = new Uint8Array(bytes.length + insert.length - drop);
  result.set(bytes.subarray(0, at));
  result.set(insert, at);
  result.set(bytes.subarray(at + drop), at + insert.length);
  return result;
}

const mutations: readonly Mutate[] = [
  (bytes, random) => {
    const copy = bytes.slice();
    for (let flips = 1 + place(random, 6); flips > 0; flips -= 1) {
      const at = place(random, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << place(random, 8));
    }
    return copy;
  },
  (bytes, random) => {
    const copy = bytes.slice();
    copy[place(random, copy.length)] = oneOf(edges, random);
    return copy;
  },
  (bytes, random) => bytes.slice(0, place(random, bytes.length)),
  (bytes, random) => {
    const [from, to] = [place(random, bytes.length), place(random, bytes.length)];
    return spliced(bytes, from, bytes.subarray(Math.min(from, to), Math.max(from, to)));
  },
  (bytes, random) => {
    const at = place(random, bytes.length);
    return spliced(bytes, at, new Uint8Array(0), Math.min(bytes.length - at, place(random, 40)));
  },
  // A number of 32 or 64 bits in the place of another.
  (bytes, random) => {
    const copy = bytes.slice();
    const width = random.uniform() < 0.5 ? 4 : 8;
    const at = place(random, copy.length);
    const value = oneOf([0x00, 0xff, 0x7f, 0x80], random);
    copy.fill(value, at, at + width);
    return copy;
  },
  (bytes, random, words) => {
    const word = words.length === 0 ? new Uint8Array(1) : oneOf(words, random);
    const drop = random.uniform() < 0.5 ? Math.min(word.length, bytes.length) : 0;
    const at = place(random, Math.max(1, bytes.length - drop));
    return spliced(bytes, at, word, drop);
  },
];

/** Some of the corpus, damaged once, or now and then a few times. */
export function damagedBytes(
  corpus: readonly Uint8Array[],
  random: RandomStream,
  words: readonly Uint8Array[],
): Uint8Array {
  let bytes = oneOf(corpus, random);
  const most = random.uniform() < 0.6 ? 1 : 1 + place(random, 4);
  for (let rounds = most; rounds > 0 && bytes.length > 0; rounds -= 1) {
    bytes = oneOf(mutations, random)(bytes, random, words);
  }
  return bytes;
}
