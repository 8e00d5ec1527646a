/** Making the folders that data lives in. */
import { mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { type CodedError, hasCode } from "./file-errors.ts";

/** The error of an operation on a folder that was not allowed, as a sentence with a remedy. */
export function unusable(path: string, error: CodedError): Error {
  return new Error(
    `The folder ${path} cannot be made or written (${error.code}). Make it a folder that this ` +
      "process may write, or choose another data folder.",
    { cause: error },
  );
}

/** One folder, whose parent is there. */
export async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!hasCode(error, "EEXIST") || !(await stat(path)).isDirectory()) throw error;
  }
}

async function makeWithParents(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    const parent = dirname(path);
    if (!hasCode(error, "ENOENT") || parent === path) throw error;
    await makeWithParents(parent);
    await makeOne(path);
  }
}

/**
 * A folder with its parents. Node's own recursive `mkdir` calls a read-only file system a missing
 * folder, and never returns where a file system makes no folders at all, such as /proc.
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeWithParents(resolve(path));
  } catch (error) {
    throw hasCode(error) ? unusable(path, error) : error;
  }
}
