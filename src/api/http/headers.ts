/** Headers that several routes share, as schemas of requests and of answers. */
import Type from "typebox";

/** A refusal of the format has its own code (faults.ts). */
export const idempotency = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      pattern: "^[\\x21-\\x7e]{1,255}$",
      description:
        "1 to 255 printable characters. A repeated request with the same key and payload gets " +
        "the first answer again, with `Idempotency-Replayed: true`, and does nothing.",
    }),
  ),
});

export const locationHeader = {
  Location: Type.String({ description: "Path of what was made." }),
};

export const etagHeader = {
  ETag: Type.String({ description: "For If-None-Match, and on runs for If-Match." }),
};

export const ifNoneMatch = Type.Object({
  "if-none-match": Type.Optional(Type.String({ description: "An ETag: 304 while it is current." })),
});

export const ifMatch = Type.Object({
  "if-match": Type.Optional(
    Type.String({
      pattern: '^(\\*|\\s*"\\d{1,15}(\\.\\d{1,15})?"\\s*)$',
      description: 'An ETag or `"<version>"`: 412 unless the run still has it.',
    }),
  ),
});

/** True when an If-None-Match names `etag` (weak comparison) or is `*`. */
export function namesEtag(field: string | undefined, etag: string): boolean {
  if (field === undefined) return false;
  return field.split(",").some((part) => {
    const given = part.trim().replace(/^W\//, "");
    return given === "*" || given === etag;
  });
}
