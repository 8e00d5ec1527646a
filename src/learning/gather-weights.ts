/**
 * The errand of taking weights out of files of another program: numbers at places of files become
 * the arrays of a network, stored in safetensors. Which place is which array is decided elsewhere.
 */
import { arraysOf, type Network } from "#engine/network.ts";
import { halfToNumber } from "#engine/onnx/elements.ts";
import { type Shape, sizeOf, type Tensor } from "#engine/tensor.ts";
import { writeSafetensors } from "#formats/safetensors.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import type { StoredArray, StoredPart } from "#src/stored-arrays.ts";
import type { Artifacts } from "#storage/artifacts.ts";

type GatherErrand = Extract<Errand, { kind: "gather_weights" }>;
type GatherResult = Extract<ErrandResult, { kind: "gather_weights" }>;

const weightsBytesMax = 16 * 1024 ** 3;
const errorsMax = 100;

const widths: Readonly<Record<StoredPart["dtype"], number>> = {
  float32: 4,
  float16: 2,
  int32: 4,
  uint8: 1,
  uint16: 2,
  bool: 1,
};

type Read = (view: DataView, at: number) => number;
const readers: Readonly<Record<StoredPart["dtype"], Read>> = {
  float32: (view, at) => view.getFloat32(at, true),
  float16: (view, at) => halfToNumber(view.getUint16(at, true)),
  int32: (view, at) => view.getInt32(at, true),
  uint8: (view, at) => view.getUint8(at),
  uint16: (view, at) => view.getUint16(at, true),
  bool: (view, at) => view.getUint8(at),
};

/** Bytes of files that lie one behind the other, each group read once. */
class Groups {
  readonly #artifacts: Artifacts;
  readonly #known = new Map<string, Uint8Array>();

  constructor(artifacts: Artifacts) {
    this.#artifacts = artifacts;
  }

  async bytesOf(files: readonly string[]): Promise<Uint8Array> {
    const key = files.join();
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const parts: Uint8Array[] = [];
    for (const digest of files) parts.push(await this.#artifacts.get(digest));
    const [only] = parts;
    const bytes = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
    this.#known.set(key, bytes);
    return bytes;
  }
}

/** The numbers of a part, or undefined where the files end before it does. */
function numbersOf(bytes: Uint8Array, part: StoredPart): Float32Array | undefined {
  const { offset, shape, dtype, quantised } = part;
  const size = sizeOf(shape);
  const width = widths[dtype];
  if (offset + size * width > bytes.byteLength) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offset, size * width);
  const read = readers[dtype];
  const { scale = 1, min = 0 } = quantised ?? {};
  return Float32Array.from({ length: size }, (_, at) => read(view, at * width) * scale + min);
}

/**
 * A GRU of Keras that resets after the product keeps two biases [2, 3·units], of the input and of
 * the recurrence. Those of the gates z and r only ever stand in a sum.
 */
function ruled(rule: StoredArray["rule"], values: Float32Array): Float32Array {
  const third = values.length / 6;
  switch (rule) {
    case "same":
      return values;
    case "gru_bias":
      return Float32Array.from({ length: 3 * third }, (_, at) => {
        const recurrent = at < 2 * third ? (values[3 * third + at] ?? 0) : 0;
        return (values[at] ?? 0) + recurrent;
      });
    case "gru_recurrent_bias":
      return values.slice(5 * third);
    default:
      return rule satisfies never;
  }
}

function gathered(
  { name, rule, part }: StoredArray,
  { shape, bytes }: { readonly shape: Shape; readonly bytes: Uint8Array },
): Tensor | string {
  const numbers = numbersOf(bytes, part);
  if (numbers === undefined) return `${name}: the files of weights end too early`;
  const data = ruled(rule, numbers);
  if (data.length !== sizeOf(shape)) {
    return `${name} is [${shape}] and the files have [${part.shape}] for it`;
  }
  if (!data.every(Number.isFinite)) return `${name} holds numbers that are not finite`;
  return { dtype: "float32", shape, data };
}

/** Stores the arrays. Failure `invalid_model` with each array that cannot be had. */
export async function gatherWeights(
  { network, artifacts }: { readonly network: Network; readonly artifacts: Artifacts },
  { arrays }: GatherErrand,
): Promise<GatherResult> {
  const groups = new Groups(artifacts);
  const byName = new Map(arrays.map((array) => [array.name, array]));
  const found = new Map<string, Tensor>();
  const faults: string[] = [];
  for (const { name, shape } of arraysOf(network)) {
    const array = byName.get(name);
    const value =
      array === undefined
        ? `there are no weights for ${name}`
        : gathered(array, { shape, bytes: await groups.bytesOf(array.part.files) });
    if (typeof value === "string") faults.push(value);
    else found.set(name, value);
  }
  const [first] = faults;
  if (first !== undefined) {
    const errors = faults
      .slice(0, errorsMax)
      .map((detail) => ({ pointer: "/weightsManifest", detail }));
    throw new Failure("invalid_model", `The weights do not fit: ${first}.`, { errors });
  }
  const stored = await artifacts.put(writeSafetensors(found), { bytesMax: weightsBytesMax });
  return { kind: "gather_weights", ...stored };
}
