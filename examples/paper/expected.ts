/** The reference's numbers (expected.json), looked up by table, row and column. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Expected } from "./findings.ts";
import type { Size } from "./size.ts";

/** Table → row → column → number, or that every seed diverges. */
type Tables = Readonly<
  Record<string, Readonly<Record<string, Readonly<Record<string, Expected>>>>>
>;

export interface Reference {
  /** Null where the reference says nothing, or the size is not the reference's. */
  of(table: string, row: string, column: string): Expected;
}

export async function readReference(size: Size): Promise<Reference> {
  const path = join(import.meta.dirname, "expected.json");
  const { tables } = JSON.parse(await readFile(path, "utf8")) as { readonly tables: Tables };
  const of: Reference["of"] = (table, row, column) =>
    size.isComparable ? (tables[table]?.[row]?.[column] ?? null) : null;
  return { of };
}
