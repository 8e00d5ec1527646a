/** What is fuzzed: each parser with a corpus, words of its format, and what it may throw. */

import { usualCatalogLimits } from "#catalog/context.ts";
import { draftModel } from "#catalog/models.ts";
import { input } from "#engine/graph/build.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import { readCsv } from "#formats/csv.ts";
import { FormatError } from "#formats/format-error.ts";
import { readIdx } from "#formats/idx.ts";
import { readNpy, writeNpy } from "#formats/npy.ts";
import { readNpz, writeNpz } from "#formats/npz.ts";
import { readSafetensors, writeSafetensors } from "#formats/safetensors.ts";
import type { Definition } from "#schemas/model.ts";
import { Failure } from "#src/failure.ts";
import type { RandomStream } from "#src/random.ts";
import { everything, everythingIn1d } from "#test/engine/layers-zoo.ts";
import { fuzzCorpus, mutated } from "../fuzz-onnx.ts";
import { damagedBytes } from "./bytes.ts";
import { damagedValue } from "./values.ts";

/** One parser under fuzz. */
export interface Target {
  /** A hostile input, and what reading it does. */
  readonly next: (random: RandomStream) => () => unknown;
  readonly isRefusal: (error: unknown) => boolean;
}

const limits = { bytesMax: 16 * 2 ** 20, arraysMax: 64 };
const isFormatError = (error: unknown): boolean => error instanceof FormatError;
const isFailure = (error: unknown): boolean => error instanceof Failure;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const words = (...texts: readonly string[]): readonly Uint8Array[] => texts.map(bytesOf);

const small = tensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]);
const tensors: readonly Tensor[] = [
  small,
  tensor("float64", [4], [1, 2, 3, 4]),
  tensor("int32", [2, 1, 2], [1, -2, 3, 4]),
  tensor("bool", [3], [1, 0, 1]),
  tensor("float64", [], [1]),
];

function formatTarget(
  read: (bytes: Uint8Array) => unknown,
  corpus: readonly Uint8Array[],
  known: readonly Uint8Array[],
): Target {
  return {
    next: (random) => {
      const bytes = damagedBytes(corpus, random, known);
      return () => read(bytes);
    },
    isRefusal: isFormatError,
  };
}

const npyWords = words(
  "{'descr': '<f4', 'fortran_order': True, 'shape': (3,), }",
  "'<f8'",
  "'>i2'",
  "'|O'",
  "'<U4'",
  "'<c16'",
  "True",
  "(",
  ")",
  ",",
  "99999999999",
  "-1",
  "\\x00",
  "\u0093NUMPY",
);
const npy = (): Target =>
  formatTarget((bytes) => readNpy(bytes, limits), tensors.map(writeNpy), npyWords);

const npz = (): Target =>
  formatTarget(
    (bytes) => readNpz(bytes, limits),
    [
      writeNpz(new Map([["x_train", small]])),
      writeNpz(new Map(tensors.map((value, at) => [`a${at}`, value] as const))),
    ],
    words(
      "PK\u0001\u0002",
      "PK\u0005\u0006",
      "PK\u0003\u0004",
      "../../x",
      ".npy",
      "\u0000",
      "a0.npy",
    ),
  );

const csv = (): Target =>
  formatTarget(
    (bytes) => readCsv(bytes, limits),
    [
      bytesOf("a,b,label\n1,2,x\n3,4,y\n"),
      bytesOf('1;2.5e3;0\n"3";-4;1\n'),
      bytesOf("1,2,3\r\n4,5,6\r\n7,8,9\r\n"),
      bytesOf('\ufeffname,"a ""b""",c\n1,2,"multi\nline"\n'),
    ],
    words(
      '"',
      '""',
      "\n",
      "\r\n",
      ",",
      ";",
      "\t",
      "NaN",
      "1e999",
      "\u0000",
      "-",
      "0x1",
      "\ufeff",
      ",,,,",
    ),
  );

const safetensors = (): Target =>
  formatTarget(
    (bytes) => readSafetensors(bytes, limits),
    [
      writeSafetensors(new Map([["w", small]]), { step: "1" }),
      writeSafetensors(new Map(tensors.map((value, at) => [`t${at}`, value] as const))),
    ],
    words(
      '{"dtype":"F32","shape":[1],"data_offsets":[0,4]}',
      '"BF16"',
      '"I64"',
      '"__metadata__":{}',
      '"__proto__":',
      "[0,0]",
      "-1",
      "1e9",
      "9007199254740993",
      "[",
      "]",
      "{",
      "}",
      '"',
      "\\u0000",
    ),
  );

const idx = (): Target =>
  formatTarget(
    (bytes) => readIdx(bytes, limits),
    [
      Uint8Array.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]),
      Uint8Array.from([0, 0, 13, 2, 0, 0, 0, 1, 0, 0, 0, 1, 63, 128, 0, 0]),
    ],
    words("\u001f\u008b", "\u0000\u0000\u0008\u0003"),
  );

const definitions: readonly Definition[] = [
  everything,
  everythingIn1d,
  { input: { shape: [20] }, layers: [{ type: "dense", units: 16, activation: "relu" }] },
  {
    input: { shape: [8, 8, 1] },
    layers: [
      { type: "conv2d", filters: 4, kernel: 3, padding: "same", activation: "relu" },
      { type: "max_pool2d", size: 2 },
      { type: "flatten" },
      { type: "dense", units: 4 },
    ],
  },
];

const definitionWords = [
  "__proto__",
  "constructor",
  "toString",
  "type",
  "units",
  "inputs",
  "output",
  "shape",
  "layers",
  "nodes",
  "id",
  "init",
  "dense",
  "conv2d",
  "gru",
  "attention",
  "same",
  "valid",
  "relu",
  "conv",
];

const definition = (): Target => ({
  next: (random) => {
    const value = damagedValue(definitions, random, definitionWords);
    const request = { definition: value as Definition };
    return () => draftModel({ limits: usualCatalogLimits, now: () => 0 }, request);
  },
  isRefusal: isFailure,
});

function onnx(): Target {
  const corpus = fuzzCorpus();
  return {
    next: (random) => {
      const bytes = mutated(corpus, random);
      return () => {
        const network = importOnnx(bytes);
        const { shape, kind } = network.input;
        const x = input("x", [network.fixedBatch ?? 5, ...shape], kind);
        const parameters = network.parameters.map(
          (parameter) => [parameter.name, input(parameter.name, parameter.shape)] as const,
        );
        network.apply(new Map(parameters), x, "inference");
      };
    },
    isRefusal: isFailure,
  };
}

export const targets: Readonly<Record<string, () => Target>> = {
  npy,
  npz,
  csv,
  safetensors,
  idx,
  definition,
  onnx,
};
