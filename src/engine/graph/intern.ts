/**
 * Hash-consing: equal applications become one node, which is common-subexpression elimination when
 * a graph is rebuilt bottom up. Inputs are equal only to themselves.
 */
import type { Node, OperationName } from "#engine/ops/operations.ts";

/** Operations whose operands may change places without changing the result. */
const commutative: ReadonlySet<OperationName> = new Set([
  "add",
  "multiply",
  "equal",
  "and",
  "or",
] as const);

/** Constants up to this size are compared by value, larger ones by the identity of their array. */
const comparedElementsMax = 64;

/** JSON writes NaN, infinities and −0 as other numbers; here they keep their names. */
function spelled(_: string, value: unknown): unknown {
  if (typeof value !== "number") return value;
  return Object.is(value, -0) ? "-0" : Number.isFinite(value) ? value : String(value);
}

export class Interner {
  readonly #nodes = new Map<string, Node>();
  readonly #numbers = new Map<object, number>();

  /** A number that identifies a node or an array. */
  #numberOf(thing: object): number {
    const known = this.#numbers.get(thing);
    if (known !== undefined) return known;
    const fresh = this.#numbers.size;
    this.#numbers.set(thing, fresh);
    return fresh;
  }

  #attributesOf(node: Node): string {
    if (node.op === "input") return `#${this.#numberOf(node)}`;
    if (node.op !== "constant") return JSON.stringify(node.attributes, spelled);
    const { dtype, shape, data } = node.attributes.tensor;
    const values =
      data.length > comparedElementsMax
        ? `#${this.#numberOf(data)}`
        : JSON.stringify([...data], spelled);
    return `${dtype}[${shape}]${values}`;
  }

  /** The node that stands for all equal ones; its operands must be such nodes already. */
  intern(node: Node): Node {
    const operands = node.inputs.map((operand) => this.#numberOf(operand));
    if (commutative.has(node.op)) operands.sort((a, b) => a - b);
    const key = `${node.op}(${operands}) ${this.#attributesOf(node)}`;
    const known = this.#nodes.get(key);
    if (known !== undefined) return known;
    this.#nodes.set(key, node);
    return node;
  }
}
