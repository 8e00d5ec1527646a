/** Operators that make values from shapes and constants: ranges, masks, one-hot rows, sums. */
import {
  add,
  and,
  broadcast,
  cast,
  constant,
  multiply,
  reshape,
  select,
  slice,
  subtract,
} from "#engine/graph/build.ts";
import type { Kind, Node } from "#engine/ops/operations.ts";
import { sizeOf, tensor } from "#engine/tensor.ts";
import { dtypeOfFile } from "../elements.ts";
import { laid, permuted, plain, shapeOf } from "../laid.ts";
import { byMatrix } from "./contraction.ts";
import { oneHotOf } from "./one-hot.ts";
import { entry, range, table } from "./translation.ts";

const kinds = { float32: "real", float64: "real", int32: "integer", bool: "boolean" } as const;

function scalarOf(kind: Kind, value: number): Node {
  const dtype = kind === "real" ? "float64" : kind === "integer" ? "int32" : "bool";
  return constant(tensor(dtype, [], [value]));
}

const constantOfShape = entry(
  "one number in a given shape",
  (call) => {
    const shape = call.numbers(0) ?? [];
    if (shape.some((length) => length < 0)) throw call.refuse(`shape [${shape}] is unclear`);
    const value = call.tensor("value");
    const kind = value === undefined ? "real" : kinds[value.dtype];
    return laid(broadcast(scalarOf(kind, value?.data[0] ?? 0), shape));
  },
  { derivative: "folded" },
);

const range_ = entry(
  "numbers from a start to a limit",
  (call) => {
    const [start, limit, delta] = [call.known(0), call.known(1), call.known(2)];
    const [from = 0, to = 0, step = 1] = [start?.data[0], limit?.data[0], delta?.data[0]];
    if (step === 0) throw call.refuse("its step is 0");
    const count = Math.max(0, Math.ceil((to - from) / step));
    const dtype = start?.dtype === "int32" ? "int32" : "float64";
    return laid(table(dtype, [count], (at) => from + at * step));
  },
  { derivative: "folded" },
);

const eyeLike = entry(
  "ones on a diagonal",
  (call) => {
    const [rows = 0, columns = 0] = call.shape(0);
    const type = call.hasAttribute("dtype") ? dtypeOfFile(call.integer("dtype", 1)) : undefined;
    const kind = type === undefined ? call.any(0).stored.kind : kinds[type];
    const k = call.integer("k", 0);
    const dtype = kind === "real" ? "float64" : kind === "integer" ? "int32" : "bool";
    const on = (at: number) => (at % columns) - Math.floor(at / columns) === k;
    return laid(table(dtype, [rows, columns], (at) => Number(on(at))));
  },
  { derivative: "folded" },
);

const triangle = entry("x on one side of a diagonal, 0 elsewhere", (call) => {
  const x = plain(call.x(0));
  const [rows = 0, columns = 0] = x.shape.slice(-2);
  const k = call.numbers(1)?.[0] ?? 0;
  const upper = call.integer("upper", 1) === 1;
  const kept = (at: number): boolean => {
    const offset = (at % columns) - Math.floor(at / columns);
    return upper ? offset >= k : offset <= k;
  };
  const mask = table("bool", [rows, columns], (at) => Number(kept(at)));
  return laid(x.kind === "boolean" ? and(x, mask) : select(mask, x, scalarOf(x.kind, 0)));
});

const oneHot = entry(
  "rows with one value at an index and another elsewhere",
  (call) => {
    const indices = cast(plain(call.x(0)), "integer");
    const length = call.numbers(1)?.[0] ?? 0;
    const values = plain(call.x(2));
    const rank = indices.shape.length;
    const axis = call.axis(call.integer("axis", -1), rank + 1);
    const hot = oneHotOf(indices, { axis, length });
    const real = cast(values, "real");
    const [off, on] = [0, 1].map((at) =>
      reshape(slice(real, { starts: [at], ends: [at + 1] }), []),
    );
    if (off === undefined || on === undefined) throw call.refuse("its values are missing");
    return laid(cast(add(off, multiply(hot, subtract(on, off))), values.kind));
  },
  { derivative: "zero" },
);

/** Sums so far are a product with a triangle of ones. */
const cumulativeSum = entry("sums of everything before along an axis", (call) => {
  const x = call.x(0);
  const rank = x.axes.length;
  const axis = call.axis(call.numbers(1)?.[0] ?? 0, rank);
  const length = shapeOf(x)[axis] ?? 0;
  const exclusive = call.integer("exclusive", 0) === 1;
  const reverse = call.integer("reverse", 0) === 1;
  const counts = (at: number): boolean => {
    const [from, to] = [Math.floor(at / length), at % length];
    const [early, late] = reverse ? [to, from] : [from, to];
    return exclusive ? early < late : early <= late;
  };
  const ones = table("float64", [length, length], (at) => Number(counts(at)));
  const order = [...range(rank).filter((own) => own !== axis), axis];
  const real = { ...x, stored: cast(x.stored, "real") };
  const sums = byMatrix(permuted(real, order), ones, false);
  const back = permuted(
    sums,
    range(rank).map((own) => order.indexOf(own)),
  );
  return { ...back, stored: cast(back.stored, x.stored.kind) };
});

const nonZero = entry(
  "indices of known numbers that are not 0",
  (call) => {
    const value = call.known(0);
    if (value === undefined) throw call.refuse("it has no operand");
    const { shape, data } = value;
    const found = range(data.length).filter((at) => data[at] !== 0);
    const indexAlong = (at: number, axis: number): number =>
      Math.floor(at / sizeOf(shape.slice(axis + 1))) % (shape[axis] ?? 1);
    const count = found.length;
    return laid(
      table("int32", [shape.length, count], (at) =>
        indexAlong(found[at % count] ?? 0, Math.floor(at / count)),
      ),
    );
  },
  { derivative: "folded" },
);

export const generationOperators = {
  ConstantOfShape: constantOfShape,
  Range: range_,
  EyeLike: eyeLike,
  Trilu: triangle,
  OneHot: oneHot,
  CumSum: cumulativeSum,
  NonZero: nonZero,
} as const;
