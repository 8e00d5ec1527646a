/**
 * Trained weights back into the file that they came from: names, metadata and operator sets stay,
 * and only the bytes of the weights change. A new graph of any network is in export-network.ts.
 */
import { sizeOf, type Tensor } from "#engine/tensor.ts";
import { elementTypeOf, encodeElements } from "./elements.ts";
import type { FileTensor } from "./file.ts";
import type { ImportedNetwork } from "./import.ts";
import { type Edit, type Pieces, spliced } from "./splice.ts";
import { Writer } from "./wire.ts";

/** The whole message of a tensor whose numbers were not written as plain bytes. */
function message(tensor: FileTensor, raw: Uint8Array): Writer {
  return new Writer()
    .integers(1, tensor.shape)
    .integer(2, tensor.type)
    .string(8, tensor.name)
    .bytes(9, raw);
}

function editOf(tensor: FileTensor, value: Tensor): Edit {
  const { payload, frames } = tensor;
  const length = sizeOf(tensor.shape) * elementTypeOf(tensor).bytes;
  const raw = (): Uint8Array => encodeElements(tensor, value.data);
  if (payload.form === "elements") {
    return { start: payload.start, end: payload.end, frames, length, make: raw };
  }
  const own = frames.at(-1);
  if (own === undefined) throw new Error(`${tensor.name} is not inside a file`);
  const bytes = message(tensor, raw()).toBytes();
  const { start, end } = own;
  return { start, end, frames, length: bytes.byteLength, make: () => bytes };
}

/**
 * The file with these values in place of its weights, in their element types (float16 stays
 * float16). Parameters without a value keep theirs.
 */
export function exportTrained(
  { file, parameters }: ImportedNetwork,
  weights: ReadonlyMap<string, Tensor>,
): Pieces {
  const edits = parameters.flatMap(({ name, shape, tensor }) => {
    const value = weights.get(name);
    if (value === undefined) return [];
    if (value.shape.join() !== shape.join()) {
      throw new Error(`${name} is [${shape}], not [${value.shape}]`);
    }
    return [editOf(tensor, value)];
  });
  return spliced(file.bytes, edits);
}
