/** Fields of a layer's config, read so strictly that a wrong one is never taken for a right one. */

import type { Static } from "typebox";
import type { Initialiser as InitialiserSchema } from "#schemas/layer-fields.ts";
import { initialisers } from "#schemas/layer-fields.ts";
import type { Json } from "./document.ts";

export type Initialiser = Static<typeof InitialiserSchema>;

/** A field that is not what Keras writes; caught where layers are translated. */
export class FieldFault extends Error {}

export function numberOf(config: Json, key: string, usual?: number): number {
  const value = config[key] ?? usual;
  if (typeof value === "number") return value;
  throw new FieldFault(`${key} must be a number`);
}

export function flagOf(config: Json, key: string, usual: boolean): boolean {
  const value = config[key] ?? usual;
  if (typeof value === "boolean") return value;
  throw new FieldFault(`${key} must be true or false`);
}

export function textOf(config: Json, key: string, usual: string): string {
  const value = config[key] ?? usual;
  if (typeof value === "string") return value;
  throw new FieldFault(`${key} must be a word`);
}

/** A list of whole numbers, or one number as a list of one. */
export function numbersOf(config: Json, key: string, usual?: readonly number[]): number[] {
  const value = config[key] ?? usual;
  const list = typeof value === "number" ? [value] : value;
  if (Array.isArray(list) && list.every((each) => Number.isInteger(each))) return list;
  throw new FieldFault(`${key} must be whole numbers`);
}

/** One number, or one for each axis. */
export function perAxisOf(config: Json, key: string, usual?: number[] | number): number | number[] {
  const list = numbersOf(config, key, typeof usual === "number" ? [usual] : usual);
  const [only] = list;
  return list.length === 1 && only !== undefined ? only : list;
}

/** Throws unless the field says what we do. */
export function must(holds: boolean, detail: string): void {
  if (!holds) throw new FieldFault(detail);
}

const onnx = "export the model to ONNX and upload that";

export function channelsLast(config: Json): void {
  const format = config["data_format"] ?? "channels_last";
  must(format === "channels_last", `data_format ${String(format)} is not read; ${onnx}`);
}

export function paddingOf(config: Json): "valid" | "same" {
  const padding = textOf(config, "padding", "valid");
  if (padding === "valid" || padding === "same") return padding;
  throw new FieldFault(`padding ${padding} has no meaning here; use valid or same`);
}

const isOurs = (word: string): word is Initialiser =>
  (initialisers as readonly string[]).includes(word);

/** How weights begin where none are stored; glorot_uniform, Keras' usual one, where ours differ. */
export function initOf(config: Json, key: string): Initialiser {
  const given = config[key];
  const name =
    typeof given === "object" && given !== null
      ? (given as Json)["class_name"]
      : (given ?? "GlorotUniform");
  const word = String(name)
    .replaceAll(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
  return isOurs(word) ? word : "glorot_uniform";
}

/** [before, after] of each axis: one number, one for each axis, or a pair for each. */
export function pairsOf(config: Json, key: string, axes: number): (readonly [number, number])[] {
  const value = config[key] ?? 1;
  const list: unknown[] = Array.isArray(value) ? value : Array.from({ length: axes }, () => value);
  const isOnePair = axes === 1 && list.length === 2;
  const each = isOnePair ? [list] : list;
  must(each.length === axes, `${key} must have ${axes} entries`);
  return each.map((entry) => {
    const [before, after = before] = Array.isArray(entry) ? entry : [entry];
    if (Number.isInteger(before) && Number.isInteger(after)) return [before, after] as const;
    throw new FieldFault(`${key} must be whole numbers`);
  });
}
