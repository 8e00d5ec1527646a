/** Matrix products. Those by one shared matrix keep examples outermost for kernels. */
import { add, broadcast, matmul, reshape, scale } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import { broadcastShapes } from "#engine/ops/shapes.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { Call } from "../call.ts";
import { type Laid, laid, moved, permuted, plain, reshaped, shapeOf } from "../laid.ts";
import { entry, joinedBy, range } from "./translation.ts";

/** x [..., K] times one matrix; leading axes stay where they are stored and become rows. */
export function byMatrix(x: Laid, matrix: Node, transposeB: boolean): Laid {
  const { stored, axes } = x;
  const last = axes.at(-1) ?? [];
  const lead = axes
    .slice(0, -1)
    .flat()
    .toSorted((a, b) => a - b);
  const depth = last.reduce((length, axis) => length * (stored.shape[axis] ?? 1), 1);
  const lengths = lead.map((axis) => stored.shape[axis] ?? 1);
  const rows = reshape(moved(stored, [...lead, ...last]), [sizeOf(lengths), depth]);
  const product = matmul(rows, matrix, { transposeB });
  const units = product.shape[1] ?? 0;
  return {
    stored: reshape(product, [...lengths, units]),
    axes: [
      ...axes.slice(0, -1).map((group) => group.map((axis) => lead.indexOf(axis))),
      [lead.length],
    ],
  };
}

const swapLast = (x: Laid): Laid => {
  const rank = x.axes.length;
  return permuted(x, [...range(rank - 2), rank - 1, rank - 2]);
};

function stretchedTo(x: Node, lead: readonly number[]): Node {
  const matrix = x.shape.slice(-2);
  const own = x.shape.slice(0, -2);
  const ones = lead.slice(own.length).map(() => 1);
  return broadcast(reshape(x, [...ones, ...own, ...matrix]), [...lead, ...matrix]);
}

/** The product of two stacks of matrices, whose leading axes broadcast. */
export function product(a: Laid, b: Laid): Laid {
  const [rankA, rankB] = [a.axes.length, b.axes.length];
  if (rankA === 0 || rankB === 0) throw new Error("a matrix product of a single number");
  if (rankA === 1) {
    const y = product(reshaped(a, [1, ...shapeOf(a)]), b);
    const shape = shapeOf(y);
    return reshaped(y, rankB === 1 ? [] : [...shape.slice(0, -2), ...shape.slice(-1)]);
  }
  if (rankB === 1) {
    const y = product(a, reshaped(b, [...shapeOf(b), 1]));
    return reshaped(y, shapeOf(y).slice(0, -1));
  }
  if (rankB === 2) return byMatrix(a, plain(b), false);
  if (rankA === 2) return swapLast(byMatrix(swapLast(b), plain(a), true));
  const [left, right] = [plain(a), plain(b)];
  const lead = broadcastShapes([left.shape.slice(0, -2), right.shape.slice(0, -2)]);
  return laid(matmul(stretchedTo(left, lead), stretchedTo(right, lead)));
}

const scaled = (x: Laid, factor: number): Laid => ({ ...x, stored: scale(x.stored, factor) });

const gemm = entry(
  "α·AB + βC, with A and B swapped where told",
  (call) => {
    const [a, b] = [call.weight(0), call.weight(1)];
    if (a.axes.length !== 2 || b.axes.length !== 2) throw call.refuse("it needs two matrices");
    const rows = call.integer("transA", 0) === 1 ? swapLast(a) : a;
    const transposeB = call.integer("transB", 0) === 1;
    const y = scaled(byMatrix(rows, plain(b), transposeB), call.float("alpha", 1));
    const c = call.optionalWeight(2);
    return c === undefined ? y : joinedBy(y, scaled(c, call.float("beta", 1)), add);
  },
  { kernel: "product" },
);

const matMul = entry(
  "AB over the last two axes",
  (call) => product(call.weight(0), call.weight(1)),
  {
    kernel: "product",
  },
);

const fusedMatMul = entry(
  "α·AB over the last two axes, swapped where told",
  (call) => {
    if (call.integer("transBatchA", 0) === 1 || call.integer("transBatchB", 0) === 1) {
      throw call.refuse("transposed batch axes are not read; write a Transpose");
    }
    const turned = (x: Laid, flag: string) => (call.integer(flag, 0) === 1 ? swapLast(x) : x);
    const y = product(turned(call.weight(0), "transA"), turned(call.weight(1), "transB"));
    return scaled(y, call.float("alpha", 1));
  },
  { kernel: "product" },
);

/** Labels of each operand and of the result; an ellipsis becomes digits. */
function parseEquation(call: Call): { operands: string[][]; result: string[] } {
  const text = call.text("equation", "").replaceAll(" ", "");
  const [left = "", right] = text.split("->");
  const terms = left.split(",");
  if (terms.length !== call.count) throw call.refuse(`"${text}" names ${terms.length} operands`);
  const widest = Math.max(
    0,
    ...terms.map((term, at) =>
      term.includes("...") ? call.shape(at).length - term.replace("...", "").length : 0,
    ),
  );
  const digits = range(widest).map(String);
  const expand = (term: string, own: number): string[] => {
    const [before = "", after] = term.split("...");
    return after === undefined ? [...before] : [...before, ...digits.slice(widest - own), ...after];
  };
  const operands = terms.map((term, at) =>
    expand(term, call.shape(at).length - term.replace("...", "").length),
  );
  const all = operands.flat();
  const once = [...new Set(all)].filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  const implied = [...digits, ...once.filter((label) => !/\d/.test(label)).sort()];
  return { operands, result: right === undefined ? implied : expand(right, widest) };
}

interface Term {
  readonly x: Laid;
  readonly labels: readonly string[];
}

/** The term with its axes in the order of labels, those of each list joined to one axis. */
function grouped({ x, labels }: Term, groups: readonly (readonly string[])[]): Node {
  const order = groups.flat().map((label) => labels.indexOf(label));
  const lengths = shapeOf(x);
  const size = (group: readonly string[]): number =>
    sizeOf(group.map((label) => lengths[labels.indexOf(label)] ?? 1));
  return plain(reshaped(permuted(x, order), groups.map(size)));
}

/** The term with labels that nobody else needs summed away. */
function summed(term: Term, needed: ReadonlySet<string>, sumOver: SumOver): Term {
  const gone = term.labels.flatMap((label, axis) => (needed.has(label) ? [] : [axis]));
  if (gone.length === 0) return term;
  return { x: sumOver(term.x, gone), labels: term.labels.filter((label) => needed.has(label)) };
}

export type SumOver = (x: Laid, axes: readonly number[]) => Laid;

/** One product of two terms, summed over labels that are in neither the rest nor the result. */
function contracted(a: Term, b: Term, needed: ReadonlySet<string>): Term {
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => needed.has(label));
  const depth = shared.filter((label) => !needed.has(label));
  const own = (term: Term) => term.labels.filter((label) => !shared.includes(label));
  const [left, right] = [grouped(a, [batch, own(a), depth]), grouped(b, [batch, depth, own(b)])];
  const lengths = new Map<string, number>();
  for (const { x, labels } of [a, b]) {
    for (const [at, label] of labels.entries()) lengths.set(label, shapeOf(x)[at] ?? 1);
  }
  const bare = (node: Node): Node => (batch.length > 0 ? node : reshape(node, node.shape.slice(1)));
  const labels = [...batch, ...own(a), ...own(b)];
  const y = matmul(bare(left), bare(right));
  return {
    x: laid(
      reshape(
        y,
        labels.map((label) => lengths.get(label) ?? 1),
      ),
    ),
    labels,
  };
}

/** Einsum needs sums over axes, which live with the reductions. */
export const einsum = (sumOver: SumOver) =>
  entry(
    "sums of products over the labels that the result lacks",
    (call) => {
      const { operands, result } = parseEquation(call);
      const known = new Set(operands.flat());
      if (operands.some((labels, at) => labels.length !== call.shape(at).length)) {
        throw call.refuse("its equation does not fit the axes of its operands");
      }
      if (result.some((label) => !known.has(label)) || new Set(result).size < result.length) {
        throw call.refuse("its result has a label that is unknown or stands twice");
      }
      if (operands.some((labels) => new Set(labels).size < labels.length)) {
        throw call.refuse("a label stands twice in one operand; take the diagonal before");
      }
      let terms: Term[] = operands.map((labels, at) => ({ x: call.weight(at), labels }));
      for (;;) {
        const [first, second, ...rest] = terms;
        if (first === undefined) throw call.refuse("it has no operand");
        const wanted = new Set([...result, ...rest.flatMap(({ labels }) => labels)]);
        if (second === undefined) {
          const { x, labels } = summed(first, wanted, sumOver);
          return permuted(
            x,
            result.map((label) => labels.indexOf(label)),
          );
        }
        const a = summed(first, new Set([...wanted, ...second.labels]), sumOver);
        const b = summed(second, new Set([...wanted, ...first.labels]), sumOver);
        // Whoever has the result's outermost label, which is the batch, gives the rows.
        const swap = b.labels.includes(result[0] ?? "") && !a.labels.includes(result[0] ?? "");
        terms = [swap ? contracted(b, a, wanted) : contracted(a, b, wanted), ...rest];
      }
    },
    { kernel: "product" },
  );

export const contractionOperators = { Gemm: gemm, MatMul: matMul } as const;
export const contractionExtensions = { FusedMatMul: fusedMatMul } as const;
