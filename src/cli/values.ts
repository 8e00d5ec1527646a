/** Values of flags: text to number, count or period, with an explanation when it is none. */
import { InvalidArgumentError } from "commander";

/** A whole number of at least `least`. */
export const whole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (Number.isSafeInteger(value) && value >= least && /^\d+$/.test(text)) return value;
    throw new InvalidArgumentError(`Give a whole number of at least ${least}.`);
  };

export function positive(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && text.trim() !== "") return value;
  throw new InvalidArgumentError("Give a number above 0, such as 0.1.");
}

export function period(text: string): number | "never" {
  if (text === "never") return text;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && /^\d+$/.test(text)) return value;
  throw new InvalidArgumentError("Give a number of steps such as 64, or never.");
}

export function batch(text: string): number | "full" {
  if (text === "full") return text;
  const value = Number(text);
  if (Number.isSafeInteger(value) && value >= 1 && /^\d+$/.test(text)) return value;
  throw new InvalidArgumentError("Give a number of examples such as 64, or full.");
}
