/** The figures that a sweep's table has, and how its varied settings are called and sorted. */
import type { ResultName, SweepResults } from "#schemas/sweep.ts";
import { duration, percent, short } from "../plot/number.ts";

export const figureWords: Readonly<Record<ResultName, string>> = {
  linearised_test_accuracy: "Test accuracy, linearised",
  network_test_accuracy: "Test accuracy, network",
  linearised_test_loss: "Test loss, linearised",
  network_test_loss: "Test loss, network",
  linearised_train_accuracy: "Training accuracy, linearised",
  network_train_accuracy: "Training accuracy, network",
  linearised_train_loss: "Training loss, linearised",
  network_train_loss: "Training loss, network",
  linearisations: "Linearisations",
  kernel_distance: "Distance of the kernel",
  seconds: "Seconds",
};

export const isShare = (name: ResultName): boolean => name.endsWith("accuracy");

export const figureText = (name: ResultName, value: number | null | undefined): string => {
  if (value === null || value === undefined) return "–";
  if (name === "seconds") return duration(value);
  return isShare(name) ? percent(value) : short(value);
};

/** The last part of a pointer, in words: K is the period, T the number of steps. */
export function fieldWords(pointer: string): string {
  if (pointer === "/algorithm/period") return "K";
  if (pointer === "/steps") return "T";
  return (pointer.split("/").at(-1) ?? pointer).replaceAll("_", " ");
}

export const valueWords = (value: unknown): string =>
  typeof value === "string"
    ? value
    : typeof value === "number"
      ? short(value)
      : JSON.stringify(value);

const rank = (value: unknown): number =>
  typeof value === "number" ? value : value === "never" ? Number.POSITIVE_INFINITY : 0;

/** Each different value of a field over all groups: numbers ascending, never last. */
export function valuesOf({ groups }: SweepResults, pointer: string): readonly unknown[] {
  const byText = new Map<string, unknown>();
  for (const { values } of groups) {
    if (pointer in values) byText.set(JSON.stringify(values[pointer]), values[pointer]);
  }
  return [...byText.values()].sort((a, b) => rank(a) - rank(b));
}

/** Fields that differ between groups. */
export const fieldsOf = (sweep: SweepResults): readonly string[] => {
  const all = new Set(sweep.groups.flatMap(({ values }) => Object.keys(values)));
  return [...all].filter((pointer) => valuesOf(sweep, pointer).length > 1);
};
