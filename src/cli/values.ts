/** Values of flags: text to number, count or period, with an explanation when it is none. */
import { InvalidArgumentError } from "commander";
import { type Scope, scopes } from "#schemas/api-key.ts";

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

const secondsOf = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** A span of time such as 90d, in seconds. */
export function seconds(text: string): number {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) {
    return Number(count) * secondsOf[unit as keyof typeof secondsOf];
  }
  throw new InvalidArgumentError("Give a time such as 90d, 12h, 30m or 45s.");
}

/** Scopes separated by commas; `models:*` is every scope of models. */
export function scopeList(text: string): Scope[] {
  const named = text.split(",").flatMap((part) => {
    const found = scopes.filter(
      (scope) => scope === part || (part.endsWith(":*") && scope.startsWith(part.slice(0, -1))),
    );
    if (found.length > 0) return found;
    throw new InvalidArgumentError(`"${part}" is no scope; there are ${scopes.join(", ")}.`);
  });
  return [...new Set(named)];
}

/** Lengths of axes separated by commas. */
export function lengths(text: string): number[] {
  return text.split(",").map(whole(1));
}

/** Whole numbers of at least 0 separated by commas. */
export function numbers(text: string): number[] {
  return text.split(",").map(whole(0));
}
