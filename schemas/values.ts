/** Small schemas that many nouns share: ids, times, figures that may be NaN, names, metadata. */
import Type, { type Static, type TSchema } from "typebox";

/** An object that refuses fields it does not know. */
export const strict = { additionalProperties: false } as const;

/** One of a closed list of words. */
export const oneOf = <const T extends string>(values: readonly T[], description: string) =>
  Type.Unsafe<T>({ type: "string", enum: [...values], description });

/** `schema` or null. */
export const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const id = (prefix: string, of: string) =>
  Type.String({ pattern: `^${prefix}_[0-9a-z]{20}$`, description: `Identifier of a ${of}.` });

export const ModelId = id("mdl", "model");
export const DatasetId = id("dst", "data set");
export const RunId = id("run", "run");
export const SnapshotId = id("snp", "snapshot");
export const CheckpointId = id("chk", "checkpoint");
export const SweepId = id("swp", "sweep");
export const NtkId = id("ntk", "one-off kernel");
export const KeyId = id("key", "key");
export const UploadId = id("upl", "upload");

export const Digest = Type.String({
  pattern: "^sha256:[0-9a-f]{64}$",
  description: "Digest of the bytes; equal bytes have equal digests.",
});

export const Time = Type.String({ format: "date-time", description: "UTC, RFC 3339." });

export const Name = Type.String({ minLength: 1, maxLength: 200 });

export const Metadata = Type.Record(
  Type.String({ pattern: "^.{1,64}$" }),
  Type.String({ maxLength: 512 }),
  { maxProperties: 32, description: "Free labels; Linnet stores and returns them." },
);

/** JSON has no NaN and no infinity: those three travel as strings. */
export const Figure = Type.Union(
  [Type.Number(), Type.Literal("NaN"), Type.Literal("Infinity"), Type.Literal("-Infinity")],
  { description: 'A number, or "NaN", "Infinity", "-Infinity".' },
);
export type Figure = Static<typeof Figure>;

/** A number as it travels. */
export function toFigure(value: number): Figure {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
}

/** The number that travelled. */
export function fromFigure(figure: Figure): number {
  return typeof figure === "number" ? figure : Number(figure);
}

export const Shape = Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 8 });

/** Query of every listing: newest first, `after` is the `next_cursor` of the page before. */
export const pageQuery = (prefix: string) => ({
  limit: Type.Optional(
    Type.Integer({ minimum: 1, default: 50, description: "At most 200; more is cut to 200." }),
  ),
  after: Type.Optional(
    Type.String({ pattern: `^${prefix}_[0-9a-z]{20}$`, description: "Cursor of the page before." }),
  ),
});

/** One page of `item`. */
export const pageOf = <T extends TSchema>(item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      has_more: Type.Boolean(),
      next_cursor: nullable(Type.String()),
    },
    strict,
  );
