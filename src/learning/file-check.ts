/**
 * Whether a network that was read from a file means what ONNX Runtime takes the file to mean: both
 * compute the same random batches. Reads and refuses nothing else.
 */
import type { Backend } from "#engine/backend.ts";
import type { FileFeed, FileRun } from "#engine/backends/onnxruntime/file-run.ts";
import { input } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { FileValue } from "#engine/onnx/file.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import { dataInputs } from "#engine/onnx/ports.ts";
import { type Shape, sizeOf, type Tensor, tensor } from "#engine/tensor.ts";
import type { ImportOptions } from "#schemas/model.ts";
import { Failure } from "#src/failure.ts";
import { stream } from "#src/random.ts";

/** Batch sizes that are compared, where any is possible. */
const batches = [1, 3] as const;
/** Ids that any vocabulary has, where the file does not tell its size. */
const idsUnknown = 2;

/** A batch of examples and what our network makes of it. */
export interface Compared {
  readonly x: Tensor;
  readonly output: Tensor;
}

/** The batch size that the file itself writes down. */
function batchOfFile({ file, inputName }: ImportedNetwork): number | undefined {
  const [first] = dataInputs(file).find(({ name }) => name === inputName)?.shape ?? [];
  return typeof first === "number" && first > 0 ? first : undefined;
}

function randomBatch({ input: { shape, kind, vocabulary } }: Network, size: number): Tensor {
  const random = stream(0, "file-check", String(size));
  const isReal = kind === "real";
  const next = isReal ? random.normal : () => random.integer(vocabulary ?? idsUnknown);
  const whole = [size, ...shape];
  const values = Float64Array.from({ length: sizeOf(whole) }, next);
  return tensor(isReal ? "float32" : "int32", whole, values);
}

async function outputOf(network: ImportedNetwork, x: Tensor, backend: Backend): Promise<Tensor> {
  const node = input("x", x.shape, network.input.kind);
  const parameters = network.parameters.map(({ name, shape }) => input(`weights/${name}`, shape));
  const values = new Map(network.parameters.map(({ name }, at) => [name, parameters[at] ?? node]));
  const y = network.apply(values, node, "inference");
  const procedure = {
    name: "file-check",
    constants: [],
    inputs: [node, ...parameters],
    outputs: { y },
  };
  await using callable = await backend.compile(procedure, "float32");
  const weights = [...network.stored()].map(([name, value]) => [`weights/${name}`, value] as const);
  const found = (await callable.call({ x, ...Object.fromEntries(weights) }))["y"];
  if (found === undefined) throw new Error("the procedure gave no output");
  return found;
}

/** Outputs of our network for random batches. */
export async function computed(network: ImportedNetwork, backend: Backend): Promise<Compared[]> {
  const own = batchOfFile(network);
  const possible = own === undefined ? batches : [own, 2 * own];
  const sizes = network.fixedBatch === undefined ? possible : [network.fixedBatch];
  const found: Compared[] = [];
  for (const size of sizes) {
    const x = randomBatch(network, size);
    found.push({ x, output: await outputOf(network, x, backend) });
  }
  return found;
}

const typesOfFile: Readonly<Record<number, FileFeed["type"]>> = {
  1: "float32",
  6: "int32",
  7: "int64",
  10: "float16",
  11: "float64",
};

function typeOf({ name, type = 1 }: FileValue): FileFeed["type"] {
  const found = typesOfFile[type];
  if (found !== undefined) return found;
  const detail = `The input "${name}" has the data type ${type}; export it as float or int64.`;
  throw new Failure("invalid_model", detail, { errors: [{ pointer: "/graph/input", detail }] });
}

/** [batch, … space, C] as [batch, C, … space]. */
function channelsFirst({ dtype, shape, data }: Tensor): Tensor {
  const [size = 0] = shape;
  const channels = shape.at(-1) ?? 0;
  const space = shape.slice(1, -1);
  const cells = sizeOf(space);
  const values = new Float64Array(data.length);
  for (let at = 0; at < data.length; at += 1) {
    const channel = at % channels;
    const cell = Math.floor(at / channels) % cells;
    const example = Math.floor(at / (channels * cells));
    values[(example * channels + channel) * cells + cell] = data[at] ?? 0;
  }
  return tensor(dtype, [size, channels, ...space], values);
}

/** Rows of a batch in the pieces that the file takes. */
function pieces(x: Tensor, rows: number): Tensor[] {
  const [size = 0, ...rest] = x.shape;
  const width = sizeOf(rest) * rows;
  return Array.from({ length: size / rows }, (_, at) => ({
    ...x,
    shape: [rows, ...rest],
    data: x.data.slice(at * width, (at + 1) * width),
  }));
}

/** What the file is fed so that it computes the same batches, in pieces of its own size. */
export function callsFor(
  network: ImportedNetwork,
  compared: readonly Compared[],
  { input_layout, fixed = {} }: ImportOptions,
): FileRun["calls"] {
  const values = dataInputs(network.file);
  const own = batchOfFile(network);
  const filled = (value: FileValue, x: Tensor): FileFeed => {
    const shape = (value.shape ?? []).map((length, axis) =>
      typeof length === "number" ? length : (x.shape[axis] ?? 1),
    );
    const batched: Shape = [x.shape[0] ?? 1, ...shape.slice(1)];
    const all = new Float64Array(sizeOf(batched)).fill(fixed[value.name] ?? 0);
    return { type: typeOf(value), shape: batched, values: all };
  };
  return compared.flatMap(({ x }) => {
    const laid = input_layout === "channels_last" ? channelsFirst(x) : x;
    return pieces(laid, own ?? x.shape[0] ?? 1).map((piece) =>
      Object.fromEntries(
        values.map((value) => [
          value.name,
          value.name === network.inputName
            ? { type: typeOf(value), shape: piece.shape, values: piece.data }
            : filled(value, piece),
        ]),
      ),
    );
  });
}

/** max |a − b| / max |b|, infinite where one of the two is no number and the other is. */
export function differenceOf(ours: readonly Tensor[], theirs: readonly Tensor[]): number {
  const a = ours.flatMap(({ data }) => [data]);
  const b = theirs.flatMap(({ data }) => [data]);
  const total = (list: readonly { readonly length: number }[]): number =>
    list.reduce((sum, { length }) => sum + length, 0);
  if (total(a) !== total(b)) return Number.POSITIVE_INFINITY;
  let [distance, largest] = [0, 0];
  const flat = (function* values() {
    for (const part of b) yield* part;
  })();
  for (const part of a) {
    for (const value of part) {
      const wanted = flat.next().value ?? Number.NaN;
      if (Number.isFinite(wanted)) largest = Math.max(largest, Math.abs(wanted));
      if (Object.is(value, wanted)) continue;
      const apart = Math.abs(value - wanted);
      distance = Math.max(distance, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
    }
  }
  return distance === 0 ? 0 : distance / Math.max(largest, Number.MIN_VALUE);
}
