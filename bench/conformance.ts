/**
 * Runs a folder of ONNX backend test cases: each must import, give its outputs to 1e-5 and have
 * gradients that agree with central differences in float64, or be refused with a reason.
 * `node bench/conformance.ts DIR [--json] [--only TEXT]`; exits with 1 when a case fails.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { vjp } from "#engine/autodiff/backward.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { constant, input } from "#engine/graph/build.ts";
import { decodeTensor } from "#engine/onnx/elements.ts";
import type { ImportedNetwork } from "#engine/onnx/import.ts";
import { importOnnx } from "#engine/onnx/import.ts";
import { readTensorFile } from "#engine/onnx/reader.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { convert, tensor } from "#engine/tensor.ts";
import { Failure } from "#src/failure.ts";
import { stream } from "#src/random.ts";

const outputBound = 1e-5;
const gradientBound = 1e-6;
const differenceStep = 1e-6;

type Outcome = "right" | "refused" | "wrong";

interface Judged {
  readonly case: string;
  readonly outcome: Outcome;
  /** Largest error of the outputs, and of the directional derivative, as parts of their bounds. */
  readonly output?: number;
  readonly gradient?: number;
  readonly reason?: string;
}

const readTensor = (file: string): Tensor => decodeTensor(readTensorFile(readFileSync(file)));

/** Values of graph outputs in float64. */
async function evaluate(outputs: readonly Node[], values: ReadonlyMap<InputNode, Tensor>) {
  const named = Object.fromEntries(outputs.map((node, at) => [`${at}`, node]));
  const inputs = [...values.keys()];
  const procedure = { name: "case", constants: [], inputs, outputs: named };
  await using callable = await referenceBackend().compile(procedure, "float64");
  const bound = [...values].map(([node, value]) => [node.attributes.name, value] as const);
  const results = await callable.call(Object.fromEntries(bound));
  return outputs.map((_, at) => results[`${at}`] ?? tensor("float64", [], [Number.NaN]));
}

/** Largest |a − b| / (bound + bound·|b|). */
function errorOf(found: Tensor | undefined, expected: Tensor): number {
  if (found?.shape.join() !== expected.shape.join()) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (const [at, wanted] of expected.data.entries()) {
    const value = found.data[at] ?? Number.NaN;
    if (Object.is(value, wanted)) continue;
    const error = Math.abs(value - wanted) / (outputBound * (1 + Math.abs(wanted)));
    worst = error > worst || Number.isNaN(error) ? error : worst;
  }
  return worst;
}

const randomLike = (label: string, { shape }: Node): Tensor => {
  const random = stream(11, label);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    "float64",
    shape,
    Array.from({ length: size }, () => random.normal()),
  );
};

/** The point moved by `step` along tangents. */
function moved(
  point: ReadonlyMap<InputNode, Tensor>,
  tangents: ReadonlyMap<InputNode, Tensor>,
  step: number,
): Map<InputNode, Tensor> {
  return new Map(
    [...point].map(([node, value]) => {
      const along = tangents.get(node)?.data;
      const data = Float64Array.from(value.data, (x, at) => x + step * (along?.[at] ?? 0));
      return [node, along === undefined ? value : { ...value, dtype: "float64", data }];
    }),
  );
}

function dot(a: Tensor, b: Tensor): number {
  let sum = 0;
  for (const [at, x] of a.data.entries()) sum += x * (b.data[at] ?? Number.NaN);
  return sum;
}

/** |⟨Jᵀu, v⟩ − ⟨u, (f(p + hv) − f(p − hv))/2h⟩| over its bound, for random u and v. */
async function gradientError(
  output: Node,
  point: ReadonlyMap<InputNode, Tensor>,
): Promise<number | undefined> {
  const wrt = [...point.keys()].filter(({ kind }) => kind === "real");
  if (wrt.length === 0) return undefined;
  const u = randomLike("cotangent", output);
  const tangents = new Map(wrt.map((node) => [node, randomLike(node.attributes.name, node)]));
  const gradients = await evaluate(vjp([output], wrt, [constant(u)]), point);
  let [along, size] = [0, 1];
  for (const [at, node] of wrt.entries()) {
    const [gradient, tangent] = [gradients[at], tangents.get(node)];
    if (gradient === undefined || tangent === undefined) return Number.POSITIVE_INFINITY;
    along += dot(gradient, tangent);
    size += Math.sqrt(dot(gradient, gradient) * dot(tangent, tangent));
  }
  const [ahead] = await evaluate([output], moved(point, tangents, differenceStep));
  const [behind] = await evaluate([output], moved(point, tangents, -differenceStep));
  if (ahead === undefined || behind === undefined) return Number.POSITIVE_INFINITY;
  const difference = (dot(ahead, u) - dot(behind, u)) / (2 * differenceStep);
  return Math.abs(along - difference) / (gradientBound * size);
}

/** The imported network on the inputs of one data set. */
async function runOn(network: ImportedNetwork, folder: string) {
  const data = readTensor(join(folder, "input_0.pb"));
  const isReal = network.input.kind === "real";
  const value = isReal ? convert(data, "float64") : data;
  const x = input("x", value.shape, network.input.kind);
  const start = network.initialise(0);
  const nodes = new Map(network.parameters.map(({ name, shape }) => [name, input(name, shape)]));
  const point = new Map<InputNode, Tensor>([[x, value]]);
  for (const [name, node] of nodes) point.set(node, start.get(name) ?? tensor("float64", [], [0]));
  const output = network.apply(nodes, x, "inference");
  const [found] = await evaluate([output], point);
  const error = errorOf(found, readTensor(join(folder, "output_0.pb")));
  return { output: error, gradient: await gradientError(output, point) };
}

async function judge(folder: string, name: string): Promise<Judged> {
  try {
    const network = importOnnx(readFileSync(join(folder, "model.onnx")));
    let [output, gradient] = [0, 0];
    for (let set = 0; existsSync(join(folder, `test_data_set_${set}`)); set += 1) {
      const one = await runOn(network, join(folder, `test_data_set_${set}`));
      output = Math.max(output, one.output);
      gradient = Math.max(gradient, one.gradient ?? 0);
    }
    return {
      case: name,
      outcome: output <= 1 && gradient <= 1 ? "right" : "wrong",
      output,
      gradient,
    };
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    const reason = cause.errors.map(({ detail }) => detail).join("; ") || cause.message;
    return { case: name, outcome: "refused", reason };
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, only: { type: "string" } },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("usage: node bench/conformance.ts DIR [--json] [--only TEXT]");
  process.exit(2);
}
const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(folder, entry.name, "model.onnx")))
  .map(({ name }) => name)
  .filter((name) => name.includes(values.only ?? ""))
  .sort();
const judged: Judged[] = [];
for (const name of names) judged.push(await judge(join(folder, name), name));
const count = (outcome: Outcome): number => judged.filter((one) => one.outcome === outcome).length;

if (values.json) {
  console.log(JSON.stringify(judged, undefined, 2));
} else {
  const wide = Math.max(4, ...names.map(({ length }) => length));
  const part = (value: number | undefined): string => (value ?? 0).toExponential(1).padStart(9);
  console.log(`${"case".padEnd(wide)}  outcome  output/1e-5  gradient/1e-6`);
  for (const one of judged) {
    const figures = one.reason ?? `${part(one.output)}    ${part(one.gradient)}`;
    console.log(`${one.case.padEnd(wide)}  ${one.outcome.padEnd(7)}  ${figures}`);
  }
}
console.log(`${count("right")} right, ${count("refused")} refused, ${count("wrong")} wrong`);
process.exitCode = count("wrong") > 0 ? 1 : 0;
