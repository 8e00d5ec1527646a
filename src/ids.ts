/** Identifiers: a prefix, then 20 characters that sort by time of creation. */
import { randomInt } from "node:crypto";

export type IdPrefix =
  | "mdl"
  | "dst"
  | "run"
  | "snp"
  | "chk"
  | "swp"
  | "ntk"
  | "key"
  | "upl"
  | "ask"
  | "req";

const timeDigits = 9;
const randomDigits = 11;
let lastMs = 0;

/** A new identifier such as `run_0mb3k2x1v8q2…`; later ones of one process sort later. */
export function newId(prefix: IdPrefix, nowMs: number = Date.now()): string {
  lastMs = Math.max(nowMs, lastMs + 1);
  let random = "";
  for (let i = 0; i < randomDigits; i += 1) random += randomInt(36).toString(36);
  return `${prefix}_${lastMs.toString(36).padStart(timeDigits, "0")}${random}`;
}

/** Sorts after identifiers that were made before `ms`, and before those made later. */
export function idAt(prefix: IdPrefix, ms: number): string {
  return `${prefix}_${ms.toString(36).padStart(timeDigits, "0")}${"0".repeat(randomDigits)}`;
}
