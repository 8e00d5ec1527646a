/**
 * A data set as a value: training and test arrays that belong together, and the rules that say
 * whether they do. Knows neither files nor generators.
 */
import { convert, type Shape, type Tensor } from "#engine/tensor.ts";
import { FormatError, pointerTo } from "#formats/format-error.ts";

/**
 * Examples along the first axis. Inputs are float32 or float64 [N, …shape], or int32 tokens
 * [N, T]. Labels are int32 class indices [N] (classification) or floats [N, targets] (regression).
 */
export interface Dataset {
  readonly xTrain: Tensor;
  readonly yTrain: Tensor;
  readonly xTest: Tensor;
  readonly yTest: Tensor;
  readonly task: "classification" | "regression";
  /** Number of classes; only for classification. */
  readonly classes?: number;
  /** Name of each class, where the source has names. */
  readonly classNames?: readonly string[];
}

/** The four arrays of a data set under their names in files. */
export interface Arrays {
  readonly x_train: Tensor;
  readonly y_train: Tensor;
  readonly x_test: Tensor;
  readonly y_test: Tensor;
}

/** What is known of the classes beside the labels themselves. */
export interface Classes {
  readonly classes?: number;
  readonly classNames?: readonly string[];
}

/** Most classes that a data set may have. */
const classesMax = 100_000;

/**
 * The data set of four arrays. Accepts booleans (as 0 and 1), class indices [N, 1] and targets [N].
 * Without `known.classes` the training labels must use every class from 0 up. Throws FormatError
 * whose pointer names the array.
 */
export function datasetOf(arrays: Arrays, known: Classes = {}): Dataset {
  const xTrain = inputs("x_train", arrays.x_train);
  const yTrain = labels("y_train", arrays.y_train);
  const xTest = inputs("x_test", arrays.x_test);
  const yTest = labels("y_test", arrays.y_test);
  requireSameCount(["x_train", xTrain], ["y_train", yTrain]);
  requireSameCount(["x_test", xTest], ["y_test", yTest]);
  requireSameKind(["x_train", xTrain], ["x_test", xTest]);
  requireSameKind(["y_train", yTrain], ["y_test", yTest]);
  const parts = { xTrain, yTrain, xTest, yTest };
  if (yTrain.dtype !== "int32") return { ...parts, task: "regression" };
  const classes = classCount(yTrain, known);
  requireBelow("y_train", yTrain, classes);
  requireBelow("y_test", yTest, classes);
  const names = known.classNames;
  return {
    ...parts,
    task: "classification",
    classes,
    ...(names === undefined ? {} : { classNames: names }),
  };
}

/** Throws the refusal of one array. */
export function refuse(name: string, message: string): never {
  throw new FormatError("dataset", `${name} ${message}`, pointerTo(name));
}

function inputs(name: string, value: Tensor): Tensor {
  const { shape, dtype } = value;
  requireNotEmpty(name, shape);
  if (shape.length < 2) {
    refuse(name, `has shape [${shape.join(", ")}]; inputs are [examples, …]: reshape to (-1, 1)`);
  }
  switch (dtype) {
    case "bool":
      return convert(value, "float32");
    case "int32":
      if (shape.length > 2) {
        const given = `holds integers of shape [${shape.join(", ")}]`;
        refuse(name, `${given}; scale them to float32 (for bytes: x / 255), or tokens [N, T]`);
      }
      requireNotNegative(name, value, "a token");
      return value;
    case "float32":
    case "float64":
      requireFinite(name, value);
      return value;
    default:
      return dtype satisfies never;
  }
}

function labels(name: string, value: Tensor): Tensor {
  const { shape, dtype } = value;
  requireNotEmpty(name, shape);
  const [count = 0, width = 1] = shape;
  if (shape.length < 1 || shape.length > 2) {
    refuse(name, `has shape [${shape.join(", ")}]; labels are [N], targets [N, targets]`);
  }
  switch (dtype) {
    case "bool":
    case "int32": {
      if (width !== 1) {
        const given = `holds integers of shape [${shape.join(", ")}]`;
        refuse(name, `${given}; class indices are [N] (argmax of one-hot), targets are floats`);
      }
      const indices = { ...convert(value, "int32"), shape: [count] };
      requireNotNegative(name, indices, "a class index");
      return indices;
    }
    case "float32":
    case "float64":
      requireFinite(name, value);
      return { ...value, shape: [count, width] };
    default:
      return dtype satisfies never;
  }
}

function requireNotEmpty(name: string, shape: Shape): void {
  if (shape.some((length) => length === 0)) {
    refuse(name, `is empty: its shape is [${shape.join(", ")}]; give at least one example`);
  }
}

function requireFinite(name: string, { data, shape }: Tensor): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number;
    if (!Number.isFinite(value)) {
      const at = placeOf(i, shape);
      refuse(name, `is ${value} at index [${at.join(", ")}]; fill or drop values that are missing`);
    }
  }
}

function requireNotNegative(name: string, { data, shape }: Tensor, what: string): void {
  const bad = data.findIndex((value: number) => value < 0);
  if (bad === -1) return;
  const at = placeOf(bad, shape).join(", ");
  refuse(name, `is ${data[bad]} at index [${at}]; ${what} is 0 or more, other values are floats`);
}

/** Indices along each axis of a flat row-major index. */
function placeOf(flat: number, shape: Shape): number[] {
  const at: number[] = [];
  let rest = flat;
  for (const length of [...shape].reverse()) {
    at.unshift(rest % length);
    rest = Math.floor(rest / length);
  }
  return at;
}

type Named = readonly [name: string, value: Tensor];

function requireSameCount([nameX, x]: Named, [nameY, y]: Named): void {
  if (x.shape[0] === y.shape[0]) return;
  refuse(nameY, `has ${y.shape[0]} labels for the ${x.shape[0]} examples of ${nameX}`);
}

function requireSameKind([nameA, a]: Named, [nameB, b]: Named): void {
  const shapeA = a.shape.slice(1).join(", ");
  const shapeB = b.shape.slice(1).join(", ");
  if (a.dtype !== b.dtype) {
    refuse(nameB, `holds ${b.dtype} and ${nameA} holds ${a.dtype}; save both with one dtype`);
  }
  if (shapeA !== shapeB) {
    refuse(nameB, `has examples of shape [${shapeB}] and ${nameA} of shape [${shapeA}]`);
  }
}

function classCount(yTrain: Tensor, known: Classes): number {
  const { classes, classNames } = known;
  const declared = classes ?? classNames?.length;
  if (declared !== undefined) {
    const whole = Number.isInteger(declared) && declared >= 1 && declared <= classesMax;
    if (!whole || (classNames !== undefined && classNames.length !== declared)) {
      refuse("y_train", `is said to have ${declared} classes, which its class names do not match`);
    }
    return declared;
  }
  let top = 0;
  for (const label of yTrain.data) top = Math.max(top, label);
  // Fewer examples than classes cannot use them all; this also bounds the table below.
  if (top < classesMax && top < yTrain.data.length) {
    const seen = new Uint8Array(top + 1);
    for (const label of yTrain.data) seen[label] = 1;
    const missing = seen.indexOf(0);
    if (missing === -1) return top + 1;
    refuse("y_train", `has labels up to ${top} but none is ${missing}; ${renumber}`);
  }
  return refuse("y_train", `has a label ${top}, too high for its number of examples; ${renumber}`);
}

const renumber = "number the classes 0, 1, 2, … without gaps, or give targets as floats";

function requireBelow(name: string, { data }: Tensor, classes: number): void {
  const bad = data.findIndex((label: number) => label >= classes);
  if (bad === -1) return;
  refuse(name, `has label ${data[bad]} at index [${bad}]; the classes are 0 to ${classes - 1}`);
}
