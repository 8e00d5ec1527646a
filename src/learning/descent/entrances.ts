/**
 * Where parameters enter the linear model: T = A·t_W + β·1·t_b of a layer with fixed inputs A.
 * Along the gradients AᵀG and β·1ᵀG of a cotangent G it moves by (AAᵀ + β²)·G, one product with a
 * Gram matrix in the place of two. Finds such places; takes no step.
 */
import { type Linearised, linearise } from "#engine/autodiff/forward.ts";
import { add, filled, input, literal, matmul } from "#engine/graph/build.ts";
import { simplify } from "#engine/graph/simplify.ts";
import { dependsOn, substitute, usesOf } from "#engine/graph/walk.ts";
import type { InputNode, Node, NodeOf } from "#engine/ops/operations.ts";
import { sizeOf } from "#engine/tensor.ts";

/** A bias that T has beside its product. */
interface Bias {
  /** Its place among the parameters. */
  readonly at: number;
  /** β. */
  readonly factor: number;
}

/** One place where parameters enter, with its T: [R, C] of a product, else a parameter's shape. */
export interface Entrance {
  /** Stands for T in the rest of the linear program. */
  readonly moved: InputNode;
  /** Place of W, or of the parameter that is T itself. */
  readonly at: number;
  /** A [R, F]; null where T is the parameter's own move. */
  readonly rows: Node | null;
  readonly bias: Bias | null;
}

/** A linear program cut where parameters enter. */
export interface Cut {
  readonly entrances: readonly Entrance[];
  /** From each T, in order, to the outputs. */
  readonly rest: Linearised;
}

type Readers = ReadonlyMap<Node, readonly Node[]>;
type Places = ReadonlyMap<Node, number>;
type Product = NodeOf<"matmul"> & { readonly rows: Node };

/**
 * The Gram route takes 2·R²·C FLOPs a step, the direct one 4·R·F·C: a gradient and a product with
 * the parameter's move.
 */
const isWorth = ([rows = 0, features = 0]: readonly number[]): boolean => rows <= 2 * features;

/** The one product by which a move `t` enters, where its Gram matrix pays. */
function productOf(t: Node, readers: Readers, moving: ReadonlySet<Node>): Product | null {
  const [reader, ...others] = readers.get(t) ?? [];
  if (reader?.op !== "matmul" || others.length > 0 || reader.shape.length !== 2) return null;
  const [rows, second] = reader.inputs;
  const isFixed = rows !== undefined && !moving.has(rows) && !reader.attributes.transposeA;
  return isFixed && second === t && isWorth(rows.shape) ? { ...reader, rows } : null;
}

/** The bias that is added to a product and to nothing else, through sums, factors and reshapes. */
function biasAfter(product: Node, readers: Readers, places: Places): Bias | null {
  const columns = product.shape.at(-1) ?? 0;
  let [node, factor] = [product, 1];
  for (;;) {
    const [reader, ...others] = readers.get(node) ?? [];
    if (reader === undefined || others.length > 0) return null;
    if (sizeOf(reader.shape) !== sizeOf(node.shape)) return null;
    if (reader.op === "scale") factor *= reader.attributes.factor;
    else if (reader.op === "reshape" ? reader.shape.at(-1) !== columns : reader.op !== "add") {
      return null;
    } else {
      const other = reader.inputs.find((operand) => operand !== node);
      const at = other && places.get(other);
      const isRow = sizeOf(other?.shape ?? []) === columns && other?.shape.at(-1) === columns;
      if (other !== undefined && at !== undefined && readers.get(other)?.length === 1) {
        return isRow && factor !== 0 ? { at, factor: 1 / factor } : null;
      }
    }
    node = reader;
  }
}

/** Cuts the linear part of `outputs` where the moves of `parameters` enter it. */
export function cutAtEntrances(outputs: readonly Node[], parameters: readonly Node[]): Cut {
  const linear = linearise(outputs, parameters);
  const tangentOutputs = simplify(linear.tangentOutputs);
  const { tangentInputs } = linear;
  const places = new Map<Node, number>(tangentInputs.map((node, at) => [node, at]));
  const readers = usesOf(tangentOutputs);
  const moving = dependsOn(tangentOutputs, new Set<Node>(tangentInputs));
  const replacements = new Map<Node, Node>();
  const found = new Map<number, Entrance>();
  const taken = new Set<number>();
  for (const [at, t] of tangentInputs.entries()) {
    const product = productOf(t, readers, moving);
    if (product === null) continue;
    const bias = biasAfter(readers.get(t)?.[0] ?? t, readers, places);
    const own = bias !== null && !taken.has(bias.at) ? bias : null;
    const moved = input(`moved/${at}`, product.shape);
    found.set(at, { moved, at, rows: product.rows, bias: own });
    replacements.set(readers.get(t)?.[0] ?? t, moved);
    if (own === null) continue;
    taken.add(own.at);
    const bare = tangentInputs[own.at];
    if (bare !== undefined) replacements.set(bare, filled(0, bare.shape));
  }
  const entrances = tangentInputs.flatMap((t, at): Entrance[] => {
    const own = found.get(at);
    if (own !== undefined || taken.has(at)) return own === undefined ? [] : [own];
    const moved = input(`moved/${at}`, t.shape);
    replacements.set(t, moved);
    return [{ moved, at, rows: null, bias: null }];
  });
  return {
    entrances,
    rest: {
      tangentInputs: entrances.map(({ moved }) => moved),
      tangentOutputs: simplify(substitute(tangentOutputs, replacements)),
    },
  };
}

/** How T moves when its parameters move along their gradients: (AAᵀ + β²)·G, or G itself. */
export function imageOf({ rows, bias }: Entrance, cotangent: Node): Node {
  if (rows === null) return cotangent;
  const gram = matmul(rows, rows, { transposeB: true });
  const whole = bias === null ? gram : add(gram, literal(bias.factor ** 2));
  return matmul(whole, cotangent);
}
