/**
 * Where the arrays of a translated network stand in files of weights: a TF.js manifest names the
 * tensors in order, group by group, and the files that a group is cut into.
 */
import type { FieldError } from "#schemas/problem.ts";
import type { StoredArray, StoredPart } from "#src/stored-arrays.ts";
import { isJson, type Json, refuse, refuseAll } from "./document.ts";
import type { Wanted } from "./nodes.ts";

interface Entry {
  readonly name: string;
  readonly part: StoredPart;
}

const entriesMax = 100_000;

const dtypes = ["float32", "float16", "int32", "uint8", "uint16", "bool"] as const;
type Stored = (typeof dtypes)[number];
const widths: Readonly<Record<Stored, number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  uint16: 2,
  bool: 1,
};
const isStored = (value: unknown): value is Stored => dtypes.some((each) => each === value);

const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;

/** How numbers of an entry are stored; a text where they are in a way that is not read. */
function storageOf(entry: Json): Pick<StoredPart, "dtype" | "quantised"> | string {
  const { quantization, dtype = "float32" } = entry;
  if (!isJson(quantization)) {
    return isStored(dtype)
      ? { dtype, quantised: null }
      : `is of ${String(dtype)}, which is not read`;
  }
  const { dtype: kept, scale, min } = quantization;
  if (!isStored(kept)) return `is quantised to ${String(kept)}, which is not read`;
  if (kept === "float16") return { dtype: kept, quantised: null };
  if (typeof scale !== "number" || typeof min !== "number") return "has no scale and min";
  return { dtype: kept, quantised: { scale, min } };
}

interface Group {
  readonly entries: readonly unknown[];
  readonly files: readonly string[];
  readonly pointer: string;
}

function entriesOf({ entries, files, pointer }: Group, errors: FieldError[]): Entry[] {
  const found: Entry[] = [];
  let offset = 0;
  for (const [at, entry] of entries.entries()) {
    const own = `${pointer}/weights/${at}`;
    const { name, shape } = isJson(entry) ? entry : {};
    if (
      !isJson(entry) ||
      typeof name !== "string" ||
      !Array.isArray(shape) ||
      !shape.every(isCount)
    ) {
      errors.push({ pointer: own, detail: "must have a name and a shape" });
      return found;
    }
    const storage = storageOf(entry);
    if (typeof storage === "string") {
      errors.push({ pointer: own, detail: `"${name}" ${storage}; convert the model without it` });
      return found;
    }
    found.push({ name, part: { files, offset, shape, ...storage } });
    const size: number = shape.reduce((a: number, b: number) => a * b, 1);
    offset += size * widths[storage.dtype];
  }
  return found;
}

/** Digests of a group's files; those that were not sent are told. */
function filesOf(
  paths: unknown,
  shards: ReadonlyMap<string, string>,
  told: { readonly pointer: string; readonly errors: FieldError[] },
): string[] {
  const names = Array.isArray(paths) ? paths.map(String) : [];
  return names.flatMap((path, at) => {
    const digest = shards.get(path.split("/").at(-1) ?? path);
    if (digest !== undefined) return [digest];
    const detail = `"${path}" was not sent; add it to the form`;
    told.errors.push({ pointer: `${told.pointer}/paths/${at}`, detail });
    return [];
  });
}

/** `sequential/dense_1/kernel:0` as its parts. */
const pathOf = (name: string): string[] => name.replace(/:\d+$/, "").split("/");

function belongs(name: string, { layer, names }: Wanted): boolean {
  const path = pathOf(name);
  return names.some((own) => {
    const tail = own.split("/");
    const front = path.slice(0, -tail.length);
    return path.slice(-tail.length).join("/") === own && front.includes(layer);
  });
}

/**
 * Where each wanted array stands. Failure `invalid_model` with every file and every array that is
 * missing.
 */
export function placesOf(
  manifest: readonly unknown[],
  shards: ReadonlyMap<string, string>,
  wanted: readonly Wanted[],
): StoredArray[] {
  const errors: FieldError[] = [];
  const entries = manifest.flatMap((group, at): Entry[] => {
    const pointer = `/weightsManifest/${at}`;
    if (!isJson(group) || !Array.isArray(group["weights"])) {
      errors.push({ pointer, detail: "must have paths and weights" });
      return [];
    }
    const files = filesOf(group["paths"], shards, { pointer, errors });
    return entriesOf({ entries: group["weights"], files, pointer }, errors);
  });
  refuseAll(errors);
  if (entries.length > entriesMax) refuse("/weightsManifest", `names over ${entriesMax} tensors`);
  const byTail = Map.groupBy(entries, ({ name }) => pathOf(name).at(-1) ?? "");
  const found = wanted.flatMap((want): StoredArray[] => {
    const tails = new Set(want.names.map((name) => name.split("/").at(-1) ?? ""));
    const entry = [...tails]
      .flatMap((tail) => byTail.get(tail) ?? [])
      .find(({ name }) => belongs(name, want));
    if (entry !== undefined) {
      return [{ name: want.array, rule: want.rule ?? "same", part: entry.part }];
    }
    const detail = `there is no ${want.names.join(" or ")} of the layer "${want.layer}"`;
    errors.push({ pointer: "/weightsManifest", detail });
    return [];
  });
  refuseAll(errors.slice(0, 100));
  return found;
}
