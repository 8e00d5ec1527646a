/**
 * Rows as an Apache Arrow stream: typed columns, NaN and infinities as the floats they are. The
 * library is loaded with the first answer that needs it, so that a service starts without it.
 */
import type { DataType, Schema, Struct } from "apache-arrow";

export const arrowStreamType = "application/vnd.apache.arrow.stream";

/** Rows of one record batch: what an answer holds in memory at a time. */
export const arrowRowsMax = 8192;

type Kind = "int32" | "float64" | "utf8";

export interface ArrowColumn {
  readonly name: string;
  readonly kind: Kind;
  readonly nullable: boolean;
}

export type ArrowValue = number | string | null;
export type ArrowRow = readonly ArrowValue[];

const load = () => import("apache-arrow");
type Arrow = Awaited<ReturnType<typeof load>>;

function typeOf(arrow: Arrow, kind: Kind): DataType {
  switch (kind) {
    case "int32":
      return new arrow.Int32();
    case "float64":
      return new arrow.Float64();
    case "utf8":
      return new arrow.Utf8();
    default:
      return kind satisfies never;
  }
}

function batchOf(arrow: Arrow, schema: Schema, rows: readonly ArrowRow[]) {
  const children = schema.fields.map(({ type }, at) => {
    const builder = arrow.makeBuilder({ type, nullValues: [null] });
    for (const row of rows) builder.append(row[at] ?? null);
    builder.finish();
    return builder.flush();
  });
  const type: Struct = new arrow.Struct(schema.fields);
  const data = arrow.makeData({ type, length: rows.length, nullCount: 0, children });
  return new arrow.RecordBatch(schema, data);
}

/** Where a writer leaves its bytes until they are taken: a queue of the library has no bound. */
function heldBytes(arrow: Arrow) {
  const parts: Uint8Array[] = [];
  class Held extends arrow.AsyncByteQueue {
    override write(value: ArrayBuffer | ArrayBufferView | string): void {
      if (!ArrayBuffer.isView(value)) throw new TypeError("the writer writes views alone");
      // The writer may use its buffer again.
      parts.push(Uint8Array.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)));
    }
  }
  return { sink: new Held(), take: (): Buffer => Buffer.concat(parts.splice(0)) };
}

/**
 * The bytes of an Arrow IPC stream: its schema, then a record batch for every `arrowRowsMax` rows.
 * An int32 must be one, and a column that is not nullable must have no nulls.
 */
export async function* arrowStream(
  columns: readonly ArrowColumn[],
  rows: AsyncIterable<ArrowRow> | Iterable<ArrowRow>,
): AsyncGenerator<Buffer> {
  const arrow = await load();
  const fields = columns.map(
    ({ name, kind, nullable }) => new arrow.Field(name, typeOf(arrow, kind), nullable),
  );
  const schema = new arrow.Schema(fields);
  const writer = new arrow.RecordBatchStreamWriter({ autoDestroy: false });
  const { sink, take } = heldBytes(arrow);
  writer.reset(sink, schema);
  let held: ArrowRow[] = [];
  for await (const row of rows) {
    held.push(row);
    if (held.length < arrowRowsMax) continue;
    writer.write(batchOf(arrow, schema, held));
    held = [];
    yield take();
  }
  if (held.length > 0) writer.write(batchOf(arrow, schema, held));
  writer.finish();
  yield take();
}
