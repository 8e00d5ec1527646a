/** Damage to JSON values: fields lost, doubled or swapped, and numbers and words at the edges. */
import type { RandomStream } from "#src/random.ts";
import { oneOf, place } from "./bytes.ts";

const edges: readonly unknown[] = [
  null,
  true,
  -1,
  0,
  1,
  2,
  3,
  0.5,
  1e9,
  2 ** 31,
  2 ** 53,
  -(2 ** 53),
  1e308,
  "",
  "input",
  "NaN",
  "x".repeat(300),
  [],
  [0],
  [-1, 4],
  [1e9, 1e9],
  {},
  { type: "dense", units: 4 },
  [[[[]]]],
];

type Json = Record<string, unknown>;

interface Slot {
  readonly holder: Json | unknown[];
  readonly key: string | number;
}

/** Every place inside a value. */
function slotsOf(value: unknown, found: Slot[] = []): Slot[] {
  if (typeof value !== "object" || value === null) return found;
  for (const key of Object.keys(value)) {
    const holder = value as Json;
    found.push({ holder, key });
    slotsOf(holder[key], found);
  }
  return found;
}

function hurt(root: unknown, random: RandomStream, words: readonly string[]): void {
  const slots = slotsOf(root);
  if (slots.length === 0) return;
  const { holder, key } = oneOf(slots, random);
  const set = (value: unknown): void => {
    // Defined, not assigned: `__proto__` is a name like any other in a file.
    Object.defineProperty(holder, key, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  };
  const other = oneOf(slots, random);
  switch (place(random, 6)) {
    case 0:
      return set(structuredClone(oneOf(edges, random)));
    case 1:
      if (Array.isArray(holder)) holder.splice(Number(key), 1);
      else delete (holder as Json)[String(key)];
      return;
    case 2:
      return set(structuredClone((other.holder as Json)[String(other.key)]));
    case 3:
      if (Array.isArray(holder)) {
        holder.push(structuredClone(holder[Number(key)]));
        return;
      }
      Object.defineProperty(holder, oneOf(words, random), {
        value: structuredClone(oneOf(edges, random)),
        enumerable: true,
        configurable: true,
        writable: true,
      });
      return;
    case 4:
      return set(oneOf(words, random));
    default:
      return set(place(random, 40) - 4);
  }
}

/** A value of the corpus, hurt once to three times. */
export function damagedValue(
  corpus: readonly unknown[],
  random: RandomStream,
  words: readonly string[],
): unknown {
  const value = structuredClone(oneOf(corpus, random));
  for (let rounds = 1 + place(random, 3); rounds > 0; rounds -= 1) hurt(value, random, words);
  return value;
}
