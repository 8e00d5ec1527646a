/**
 * Where data sets come from (generators, named arrays, tables, idx files) and the canonical bytes
 * in which one is stored: a digest of those identifies it. Reads no files and stores nothing.
 */
import type { Tensor } from "#engine/tensor.ts";
import { type CsvTable, decimalOf } from "#formats/csv.ts";
import { FormatError, type FormatLimits, pointerTo, quoted } from "#formats/format-error.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import type { GeneratorSpec } from "#schemas/generator.ts";
import { type Arrays, type Classes, type Dataset, datasetOf, refuse } from "./dataset.ts";
import { divide, type SplitOptions } from "./division.ts";
import { generatedExamples } from "./generators/generated.ts";

const arrayNames = ["x_train", "y_train", "x_test", "y_test"] as const;
const formatName = "linnet.dataset";
const formatVersion = "1";

/** What a generated data set may take where the caller does not say. */
export const generatedBytesMax = 512 * 1024 * 1024;

/**
 * The data set that `spec` describes: float32 inputs (int32 for tokens), the same bytes for the
 * same options everywhere. Throws FormatError for options outside their limits and for data sets
 * larger than `limits.bytesMax`.
 */
export function generate(
  spec: GeneratorSpec,
  limits: FormatLimits = { bytesMax: generatedBytesMax },
): Dataset {
  const { arrays, classes, classNames } = generatedExamples(spec, limits.bytesMax);
  return datasetOf(arrays, {
    ...(classes === undefined ? {} : { classes }),
    ...(classNames === undefined ? {} : { classNames }),
  });
}

/**
 * The data set of named arrays: `x_train`, `y_train`, `x_test`, `y_test`, or `x` and `y` which are
 * shuffled and divided. Integer labels are class indices, floats are targets. Throws FormatError
 * whose pointer names the array.
 */
export function fromArrays(
  arrays: ReadonlyMap<string, Tensor>,
  options: SplitOptions & Classes = {},
): Dataset {
  if (!arrays.has("x") && !arrays.has("y")) return datasetOf(fourOf(arrays), options);
  const [x, y] = taken(arrays, ["x", "y"]);
  return datasetOf(divide(x as Tensor, y as Tensor, options), options);
}

/**
 * The data set of idx arrays under the same names. Byte images [N, h, w] become float32
 * [N, h, w, 1] between 0 and 1, as convolutions want them. Throws FormatError.
 */
export function fromIdx(
  arrays: ReadonlyMap<string, Tensor>,
  options: SplitOptions & Classes = {},
): Dataset {
  const scaled = new Map<string, Tensor>();
  for (const [name, value] of arrays) {
    scaled.set(name, name.startsWith("x") ? grey(name, value) : value);
  }
  return fromArrays(scaled, options);
}

/**
 * The data set of a table, shuffled and divided. Unless `task` says otherwise, labels that are all
 * numbers with some fraction are regression targets, any others are classes: named, sorted, and
 * without names when they already are 0, 1, 2, …. Throws FormatError, at `/label` or an array.
 */
export function fromCsv(
  table: CsvTable,
  options: SplitOptions & { readonly task?: Dataset["task"] } = {},
): Dataset {
  const { features: x, labels } = table;
  const numbers = labels.map(decimalOf);
  if ((options.task ?? taskOf(table, numbers)) === "regression") {
    const missing = numbers.indexOf(undefined);
    if (missing !== -1) {
      const text = quoted(labels[missing] as string);
      refuseLabel(`row ${missing + 1} has the label ${text}, which is no number`);
    }
    const data = Float64Array.from(numbers as number[]);
    return datasetOf(divide(x, { dtype: "float64", shape: [labels.length], data }, options));
  }
  const numeric = !numbers.includes(undefined);
  const names = [...new Set(labels)].sort(
    numeric ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1),
  );
  const indexOf = new Map(names.map((name, index) => [name, index]));
  const data = Int32Array.from(labels, (label) => indexOf.get(label) as number);
  const arrays = divide(x, { dtype: "int32", shape: [labels.length], data }, options);
  const plain = names.every((name, index) => name === String(index));
  return datasetOf(arrays, plain ? { classes: names.length } : { classNames: names });
}

/** The canonical bytes of a data set (safetensors): equal data sets have equal bytes. */
export function encode(dataset: Dataset): Uint8Array {
  const { xTrain, yTrain, xTest, yTest, task, classes, classNames } = dataset;
  const tensors = new Map([
    ["x_train", xTrain],
    ["y_train", yTrain],
    ["x_test", xTest],
    ["y_test", yTest],
  ]);
  return writeSafetensors(tensors, {
    format: formatName,
    version: formatVersion,
    task,
    ...(classes === undefined ? {} : { classes: String(classes) }),
    ...(classNames === undefined ? {} : { class_names: JSON.stringify(classNames) }),
  });
}

/** The data set in canonical bytes, sharing memory with them; throws FormatError for any others. */
export function decode(bytes: Uint8Array, limits: FormatLimits): Dataset {
  const { tensors, metadata } = readSafetensors(bytes, limits);
  if (metadata.format !== formatName || metadata.version !== formatVersion) {
    throw new FormatError("dataset", "these are not the bytes of a stored data set");
  }
  const { classes, class_names: names } = metadata;
  const dataset = datasetOf(fourOf(tensors), {
    ...(classes === undefined ? {} : { classes: Number(classes) }),
    ...(names === undefined ? {} : { classNames: namesOf(names) }),
  });
  if (dataset.task !== metadata.task) {
    throw new FormatError("dataset", "the stored task does not fit the labels", "/y_train");
  }
  return dataset;
}

function fourOf(arrays: ReadonlyMap<string, Tensor>): Arrays {
  const [xTrain, yTrain, xTest, yTest] = taken(arrays, arrayNames) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  return { x_train: xTrain, y_train: yTrain, x_test: xTest, y_test: yTest };
}

/** Exactly the arrays called `names`, in that order. */
function taken(arrays: ReadonlyMap<string, Tensor>, names: readonly string[]): Tensor[] {
  for (const name of arrays.keys()) {
    if (!names.includes(name)) {
      const message = `${quoted(name)} is not expected beside ${names.join(", ")}; leave it out`;
      throw new FormatError("dataset", message, pointerTo(name));
    }
  }
  return names.map(
    (name) =>
      arrays.get(name) ??
      refuse(name, "is missing; give x_train, y_train, x_test, y_test, or x and y to be divided"),
  );
}

function grey(name: string, value: Tensor): Tensor {
  const { dtype, shape, data } = value;
  const withChannel = shape.length === 3 ? [...shape, 1] : shape;
  if (dtype !== "int32") return { dtype, shape: withChannel, data };
  const scaled = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) {
    const pixel = data[i] as number;
    if (pixel < 0 || pixel > 255) {
      refuse(name, `has the pixel ${pixel}; bytes are 0 to 255, other values must be floats`);
    }
    scaled[i] = pixel / 255;
  }
  return { dtype: "float32", shape: withChannel, data: scaled };
}

function taskOf(table: CsvTable, numbers: readonly (number | undefined)[]): Dataset["task"] {
  if (numbers.includes(undefined)) return "classification";
  if (numbers.some((value) => !Number.isInteger(value))) return "regression";
  const distinct = new Set(numbers).size;
  // Many different integers are as likely to be amounts as classes: that is not ours to guess.
  if (distinct > 20 && distinct * 2 > numbers.length) {
    refuseLabel(
      `${quoted(table.labelName)} has ${distinct} different integers in ${numbers.length} rows: ` +
        'say whether the task is "classification" or "regression"',
    );
  }
  return "classification";
}

function refuseLabel(message: string): never {
  throw new FormatError("dataset", message, "/label");
}

function namesOf(text: string): string[] {
  let names: unknown;
  try {
    names = JSON.parse(text);
  } catch {
    names = undefined;
  }
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) {
    throw new FormatError("dataset", "class_names must be a JSON list of strings", "/y_train");
  }
  return names;
}
