/** Random choices of a campaign, from one seed. */
import { type RandomStream, stream } from "#src/random.ts";

export interface Chance {
  /** A number in [0, 1). */
  readonly number: () => number;
  /** A whole number from 0 up to `below`, exclusive. */
  readonly whole: (below: number) => number;
  /** True with this probability. */
  readonly happens: (probability: number) => boolean;
  readonly of: <Item>(items: readonly Item[]) => Item;
}

export function chanceOf(seed: number, label: string): Chance {
  const random: RandomStream = stream(seed, label);
  const whole = (below: number): number =>
    Math.min(below - 1, Math.floor(random.uniform() * below));
  return {
    number: () => random.uniform(),
    whole,
    happens: (probability) => random.uniform() < probability,
    of: (items) => {
      const item = items[whole(items.length)];
      if (item === undefined) throw new RangeError("nothing to choose from");
      return item;
    },
  };
}
