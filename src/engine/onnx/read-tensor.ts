/** Reads a TensorProto: its type, its shape and where its numbers are. Decodes no packed number. */
import { sizeOf } from "#engine/tensor.ts";
import { type FieldReader, pointerOf, wireTypes } from "./fields.ts";
import type { FileTensor, Payload } from "./file.ts";

const external = "keeps its data outside the file; save the model with its weights inside";

/** Bytes of an element of the fields that hold numbers of fixed width. */
const fixedBytes: Readonly<Record<number, 4 | 8>> = { 4: 4, 10: 8 };
const numberFields: ReadonlySet<number> = new Set([4, 5, 7, 10, 11]);
const rawField = 9;

interface Draft {
  name: string;
  readonly shape: number[];
  type: number;
  /** Everything but numbers written one by one. */
  whole: Payload | undefined;
  /** Numbers written one by one, which take a key each. */
  readonly single: { field: number; readonly values: number[] };
}

function readWhole(fields: FieldReader): Payload {
  const { field } = fields;
  const { start, end } = fields.range();
  const width = field === rawField ? 1 : fixedBytes[field];
  if (width === undefined) return { form: "varints", field, start, end };
  if ((end - start) % width !== 0) throw fields.refuse("packed numbers are cut off");
  return { form: "elements", field, start, end };
}

function readSingle(fields: FieldReader, { single }: Draft): void {
  const width = fixedBytes[fields.field];
  single.field = fields.field;
  if (single.values.length >= fields.reading.limits.tensorElementsMax) {
    throw fields.refuse("a tensor has too many numbers");
  }
  single.values.push(
    width === 4 ? fields.float() : width === 8 ? fields.double() : fields.integer(),
  );
}

function readNumbers(fields: FieldReader, draft: Draft): void {
  const isSingle = fields.wire !== wireTypes.bytes;
  if (draft.whole !== undefined || (!isSingle && draft.single.values.length > 0)) {
    throw fields.refuse("the numbers of a tensor are written in several pieces");
  }
  if (isSingle) readSingle(fields, draft);
  else draft.whole = readWhole(fields);
}

function readField(fields: FieldReader, draft: Draft): void {
  if (numberFields.has(fields.field) || fields.field === rawField) {
    readNumbers(fields, draft);
    return;
  }
  switch (fields.field) {
    case 1:
      fields.integers(draft.shape);
      break;
    case 2:
      draft.type = fields.integer();
      break;
    case 3:
      throw fields.refuse("a tensor comes in segments");
    case 8:
      draft.name = fields.string();
      break;
    case 13:
      throw fields.refuse(external);
    case 14:
      if (fields.integer() !== 0) throw fields.refuse(external);
      break;
    default:
      fields.skip();
  }
}

/** A TensorProto; external data is refused wherever the tensor stands. */
export function readTensor(fields: FieldReader): FileTensor {
  const { reading } = fields;
  const { limits } = reading;
  reading.counts.tensors += 1;
  if (reading.counts.tensors > limits.tensorsMax) throw fields.refuse("there are too many tensors");
  const draft: Draft = {
    name: "",
    shape: [],
    type: 0,
    whole: undefined,
    single: { field: 0, values: [] },
  };
  while (fields.next()) readField(fields, draft);
  const { name, shape, type, whole, single } = draft;
  if (shape.length > limits.rankMax) throw fields.refuse(`a tensor has ${shape.length} axes`);
  if (shape.some((length) => length < 0)) throw fields.refuse("a tensor has a negative length");
  // Lengths are safe integers, and the product stops growing once it is infinite.
  if (sizeOf(shape.filter((length) => length > 0)) > limits.tensorElementsMax) {
    throw fields.refuse(`a tensor of shape [${shape}] is too large`);
  }
  const payload = whole ?? { form: "numbers", ...single };
  const frames = [...reading.frames];
  return { name, shape, type, payload, bytes: reading.bytes, frames, pointer: pointerOf(reading) };
}
