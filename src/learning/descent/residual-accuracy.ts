/** Right classes of many residuals at once, given in a basis of modes, and targets as numbers. */
import type { Backend, Loop, Program } from "#engine/backend.ts";
import { add, broadcast, input, matmul, reshape, sum } from "#engine/graph/build.ts";
import { sizeOf, tensor, zeros } from "#engine/tensor.ts";
import { batchNodes, countOf } from "#learning/examples.ts";
import { hitsOf, targetsOf } from "#learning/loss.ts";
import type { ModeBasis } from "#learning/solve/mode-basis.ts";
import type { Task } from "./step.ts";

/** Rows of a product: enough to keep a processor busy. */
const pointsPerCall = 32;
/** Modes that a program is compiled for at least; more come in powers of two. */
const modesMin = 32;

/** Emits `hits` [R], how many classes are right, for the scanned `residuals` [R, m]. */
function accuracyProgram({ network, train, loss }: Task, modes: number): Program {
  const examples = countOf(train);
  const outputs = sizeOf(network.outputShape);
  const size = examples * outputs;
  const basis = input("basis", [modes, size]);
  const targets = input("targets", [size]);
  const residuals = input("residuals", [pointsPerCall, modes]);
  const { y, constants } = batchNodes(train, null);
  const rows = pointsPerCall * examples;
  const f = reshape(add(matmul(residuals, basis), targets), [rows, outputs]);
  const labels = reshape(broadcast(reshape(y, [1, examples]), [pointsPerCall, examples]), [rows]);
  const hits = hitsOf(loss, f, labels);
  if (hits === null) throw new Error("there are no classes");
  return {
    name: "accuracy of residuals",
    constants: constants.filter(({ input: node }) => node === y),
    invariants: [basis, targets],
    carried: [],
    scanned: [residuals],
    emitted: { hits: sum(reshape(hits, [pointsPerCall, examples]), [1]) },
  };
}

/** Shares of right classes, in float32: they do not hang on the last digits. */
export class Accuracies implements AsyncDisposable {
  readonly #task: Task;
  readonly #backend: Backend;
  readonly #loops = new Map<number, Loop>();
  #basis: ModeBasis | null = null;
  #modes = 0;

  constructor(task: Task, backend: Backend) {
    this.#task = task;
    this.#backend = backend;
  }

  /** Takes the basis in which residuals come from now on. */
  async begin(basis: ModeBasis): Promise<void> {
    const { network, train } = this.#task;
    const size = countOf(train) * sizeOf(network.outputShape);
    const count = basis.values.length;
    const padded = Math.max(modesMin, 2 ** Math.ceil(Math.log2(Math.max(1, count))));
    this.#modes = Math.max(count, Math.min(size, padded));
    this.#basis = basis;
    const rows = zeros("float32", [this.#modes, size]);
    rows.data.set(basis.rows);
    let loop = this.#loops.get(this.#modes);
    if (loop === undefined) {
      loop = await this.#backend.compileLoop(accuracyProgram(this.#task, this.#modes), "float32");
      this.#loops.set(this.#modes, loop);
      const targets = await targetValues(this.#task, this.#backend);
      loop.write({ targets: tensor("float32", [size], targets) });
    }
    loop.write({ basis: rows });
  }

  /** Of residuals f − y in modes. */
  async of(residuals: readonly Float64Array[]): Promise<Float64Array> {
    const out = new Float64Array(residuals.length);
    const [basis, loop] = [this.#basis, this.#loops.get(this.#modes)];
    if (residuals.length === 0 || basis === null || loop === undefined) return out;
    const calls = Math.ceil(residuals.length / pointsPerCall);
    const given = zeros("float32", [calls, pointsPerCall, this.#modes]);
    for (const [at, modes] of residuals.entries()) {
      given.data.set(basis.onRows(modes), at * this.#modes);
    }
    const { hits } = await loop.run(calls, { residuals: given });
    const examples = countOf(this.#task.train);
    return out.map((_, at) => (hits?.data[at] ?? Number.NaN) / examples);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const loop of this.#loops.values()) await loop[Symbol.asyncDispose]();
  }
}

/** Targets of every training example as numbers, [N · O]. */
export async function targetValues(
  { network, train, loss }: Pick<Task, "network" | "train" | "loss">,
  backend: Backend,
): Promise<Float64Array> {
  const { y, constants } = batchNodes(train, null);
  const outputs = sizeOf(network.outputShape);
  const f = input("f", [countOf(train), outputs]);
  const procedure = {
    name: "targets",
    constants: constants.filter(({ input: node }) => node === y),
    inputs: [],
    outputs: { targets: targetsOf(loss, y, f) },
  };
  const precision = backend.device === "webgpu" ? "float32" : "float64";
  await using callable = await backend.compile(procedure, precision);
  return Float64Array.from((await callable.call({}))["targets"]?.data ?? []);
}
