/**
 * Feeds damaged ONNX files to the importer: bits flipped, bytes cut, parts of other files put in,
 * lengths that lie. Each must give a network or a refusal, within time and memory.
 * `node bench/fuzz-onnx.ts [onnx] [--count N] [--seed N]`; exits with 1 when something is found.
 */
import { parseArgs } from "node:util";
import { input } from "#engine/graph/build.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import {
  type Attribute,
  encodeModel,
  type Graph,
  type Initializer,
  type Model,
  type OnnxNode,
} from "#engine/onnx/model.ts";
import { Failure } from "#src/failure.ts";
import { type RandomStream as Random, stream } from "#src/random.ts";
import { modelOf } from "#test/engine/onnx-build.ts";
import { operatorCases } from "#test/engine/onnx-cases.ts";
import { exportedNetworks } from "#test/engine/onnx-networks.ts";

const inputMsMax = 1000;
const inputBytesMax = 512 * 2 ** 20;

/** A thing that must not happen, with what it takes to see it again. */
export interface Finding {
  readonly index: number;
  readonly what: string;
}

export interface FuzzReport {
  readonly inputs: number;
  /** How often each outcome was seen: `network`, or the code of a refusal. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
  readonly slowestMs: number;
  readonly largestBytes: number;
}

type Mutate = (bytes: Uint8Array, random: Random, other: Uint8Array) => Uint8Array;

const place = (random: Random, length: number): number =>
  Math.min(length - 1, Math.floor(random.uniform() * length));

/** Numbers that tend to be near a boundary of something. */
const edges = [0, 1, 0x7f, 0x80, 0xff];

const mutations: readonly Mutate[] = [
  (bytes, random) => {
    const copy = bytes.slice();
    for (let flips = 1 + place(random, 8); flips > 0; flips -= 1) {
      const at = place(random, copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << place(random, 8));
    }
    return copy;
  },
  (bytes, random) => bytes.slice(0, place(random, bytes.length)),
  (bytes, random, other) => {
    const [from, length] = [place(random, other.length), place(random, 64)];
    const at = place(random, bytes.length);
    const part = other.subarray(from, from + length);
    return Uint8Array.from([...bytes.subarray(0, at), ...part, ...bytes.subarray(at)]);
  },
  (bytes, random) => {
    const copy = bytes.slice();
    copy[place(random, copy.length)] = edges[place(random, edges.length)] ?? 0;
    return copy;
  },
  // A length or a number of many bytes in the place of one byte.
  (bytes, random) => {
    const at = place(random, bytes.length);
    const wide = Array.from({ length: 1 + place(random, 9) }, () => 0x80 + place(random, 128));
    const tail = [...wide, place(random, 128), ...bytes.subarray(at + 1)];
    return Uint8Array.from([...bytes.subarray(0, at), ...tail]);
  },
  (bytes, random) => {
    const [from, to] = [place(random, bytes.length), place(random, bytes.length)];
    return Uint8Array.from([...bytes.subarray(0, from), ...bytes.subarray(to)]);
  },
];

const numbers = [
  -1,
  0,
  1,
  2,
  3,
  7,
  1000,
  2 ** 20,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 53 - 1,
  -(2 ** 53) + 1,
];
const reals = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 1e-30, 1e30];

const oneOf = <Item>(list: readonly Item[], random: Random): Item | undefined =>
  list[place(random, list.length)];

/** The same kind of value with another number somewhere in it. */
function bent(attribute: Attribute, random: Random): Attribute {
  const number = oneOf(numbers, random) ?? 0;
  switch (attribute.type) {
    case "int":
      return { ...attribute, value: number };
    case "float":
      return { ...attribute, value: oneOf(reals, random) ?? 0 };
    case "ints":
      return { ...attribute, value: bentList(attribute.value, random, number) };
    case "floats":
      return { ...attribute, value: bentList(attribute.value, random, oneOf(reals, random) ?? 0) };
    default:
      return attribute;
  }
}

function bentList(list: readonly number[], random: Random, number: number): number[] {
  const at = place(random, list.length + 1);
  return random.uniform() < 0.3 ? list.toSpliced(at, 1) : list.toSpliced(at, 1, number);
}

function bentNode(node: OnnxNode, random: Random, graph: Graph): OnnxNode {
  const names = [...graph.nodes.flatMap(({ outputs }) => outputs), ...node.inputs, "x", ""];
  const at = place(random, node.inputs.length + 1);
  const keys = Object.keys(node.attributes);
  const key = oneOf(keys, random);
  const attribute = key === undefined ? undefined : node.attributes[key];
  switch (place(random, 4)) {
    case 0:
      return { ...node, operator: oneOf(operators, random) ?? "" };
    case 1:
      return { ...node, inputs: node.inputs.toSpliced(at, 1, oneOf(names, random) ?? "") };
    case 2:
      return { ...node, inputs: node.inputs.toSpliced(at, 1) };
    default:
      if (key === undefined || attribute === undefined) return node;
      return { ...node, attributes: { ...node.attributes, [key]: bent(attribute, random) } };
  }
}

function bentInitializer(initializer: Initializer, random: Random): Initializer {
  const number = oneOf(numbers, random) ?? 0;
  const { content } = initializer;
  if (initializer.type !== "int64" || !("raw" in content)) {
    return { ...initializer, shape: bentList(initializer.shape, random, Math.max(0, number)) };
  }
  const list = new BigInt64Array(content.raw.slice().buffer);
  if (list.length > 0) list[place(random, list.length)] = BigInt(number);
  return { ...initializer, content: { raw: new Uint8Array(list.buffer) } };
}

/** A well-formed file whose graph says something else. */
function bentModel({ graph, operatorSet }: Model, random: Random): Uint8Array {
  const { nodes, initializers, inputs } = graph;
  const node = place(random, nodes.length);
  const own = place(random, Math.max(1, initializers.length));
  const [input] = inputs;
  const shape = bentList(
    [...(input?.shape ?? [])].map(Number),
    random,
    oneOf(numbers, random) ?? 0,
  );
  const changed = [
    { nodes: nodes.map((one, at) => (at === node ? bentNode(one, random, graph) : one)) },
    {
      initializers: initializers.map((one, at) =>
        at === own ? bentInitializer(one, random) : one,
      ),
    },
    input === undefined
      ? {}
      : { inputs: [{ ...input, shape: shape.map((n) => (n > 0 ? n : "N")) }] },
  ][place(random, 3)];
  const version = random.uniform() < 0.2 ? 6 + place(random, 19) : operatorSet;
  return encodeModel({ graph: { ...graph, ...changed }, operatorSet: version }).toBytes();
}

const operators = [
  ...new Set(
    [...modelOf.values()].flatMap(({ graph }) => graph.nodes.map(({ operator }) => operator)),
  ),
];

export function mutated(corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const pick = (): Uint8Array => corpus[place(random, corpus.length)] ?? new Uint8Array();
  let bytes = pick();
  const model = modelOf.get(bytes);
  if (model !== undefined && random.uniform() < 0.7) bytes = bentModel(model, random);
  if (random.uniform() < 0.5) return bytes;
  for (let rounds = 1 + place(random, 3); rounds > 0 && bytes.length > 0; rounds -= 1) {
    const mutate = mutations[place(random, mutations.length)];
    if (mutate !== undefined) bytes = mutate(bytes, random, pick());
  }
  return bytes;
}

/** What becomes of one file: `network`, a code of refusal, or the text of a fault. */
function outcomeOf(bytes: Uint8Array): { readonly outcome: string; readonly fault: boolean } {
  try {
    const network = importOnnx(bytes);
    const x = input("x", [network.fixedBatch ?? 5, ...network.input.shape], network.input.kind);
    const parameters = network.parameters.map(
      ({ name, shape }) => [name, input(name, shape)] as const,
    );
    network.apply(new Map(parameters), x, "inference");
    return { outcome: "network", fault: false };
  } catch (cause) {
    if (cause instanceof Failure) return { outcome: cause.code, fault: false };
    return { outcome: cause instanceof Error ? (cause.stack ?? cause.message) : "?", fault: true };
  }
}

/** Of this process, so that a busy machine shows nothing that is not there. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

const bytesInUse = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

export const fuzzCorpus = (): Uint8Array[] =>
  [...operatorCases, ...exportedNetworks()].map(({ bytes }) => bytes);

/** Imports `count` damaged files; the same seed gives the same files. */
export function fuzzOnnx({
  count,
  seed,
}: {
  readonly count: number;
  readonly seed: number;
}): FuzzReport {
  const corpus = fuzzCorpus();
  const outcomes: Record<string, number> = {};
  const findings: Finding[] = [];
  let [slowestMs, largestBytes] = [0, 0];
  for (let index = 0; index < count; index += 1) {
    const bytes = mutated(corpus, stream(seed, "fuzz", `${index}`));
    const [from, before] = [cpuMs(), bytesInUse()];
    const { outcome, fault } = outcomeOf(bytes);
    const [ms, used] = [cpuMs() - from, bytesInUse() - before];
    slowestMs = Math.max(slowestMs, ms);
    largestBytes = Math.max(largestBytes, used);
    const key = fault ? "fault" : outcome;
    outcomes[key] = (outcomes[key] ?? 0) + 1;
    if (fault) findings.push({ index, what: outcome });
    if (ms > inputMsMax) findings.push({ index, what: `took ${Math.round(ms)} ms` });
    if (used > inputBytesMax) findings.push({ index, what: `took ${used} bytes` });
  }
  return { inputs: count, outcomes, findings, slowestMs, largestBytes };
}

if (import.meta.main) {
  const { values } = parseArgs({
    allowPositionals: true,
    options: {
      count: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
    },
  });
  const report = fuzzOnnx({ count: Number(values.count), seed: Number(values.seed) });
  console.log(JSON.stringify(report, undefined, 2));
  process.exitCode = report.findings.length > 0 ? 1 : 0;
}
