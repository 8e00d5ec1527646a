/** What every reader must survive: files cut short, flipped bits and noise. Asserts, no tests. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { FormatError } from "#formats/format-error.ts";

/** A reader under test; what it returns does not matter here. */
export type Reader = (bytes: Uint8Array) => unknown;

/** Asserts that `read` refuses with a FormatError whose message and pointer match. */
export async function refuses(
  read: () => unknown,
  message: RegExp,
  pointer?: string,
): Promise<void> {
  await assert.rejects(
    async () => read(),
    (error) => {
      assert.ok(error instanceof FormatError, `not a refusal: ${String(error)}`);
      assert.match(error.message, message);
      if (pointer !== undefined) assert.equal(error.pointer, pointer);
      return true;
    },
  );
}

/** Asserts that every proper prefix of `bytes` is refused with a FormatError. */
export async function refusesEveryPrefix(read: Reader, bytes: Uint8Array): Promise<void> {
  for (let length = 0; length < bytes.length; length++) {
    await refuses(() => read(bytes.slice(0, length)), /./);
  }
}

/** Asserts that damaged copies of `bytes`, and plain noise, are read or refused, nothing else. */
export async function survivesDamage(read: Reader, bytes: Uint8Array, runs = 500): Promise<void> {
  const edit = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
  const damaged = fc.array(edit, { minLength: 1, maxLength: 6 }).map((edits) => {
    const copy = new Uint8Array(bytes);
    for (const [at, value] of edits) copy[at] = value;
    return copy;
  });
  const noise = fc.uint8Array({ maxLength: 300 });
  const spliced = fc
    .tuple(fc.nat(bytes.length), noise)
    .map(([at, extra]) =>
      Uint8Array.from([...bytes.subarray(0, at), ...extra, ...bytes.subarray(at)]),
    );
  await fc.assert(
    fc.asyncProperty(fc.oneof(damaged, spliced, noise), async (hostile) => {
      try {
        await read(hostile);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
      }
    }),
    { numRuns: runs },
  );
}
