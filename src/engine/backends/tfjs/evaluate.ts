/**
 * Computes a sequence of nodes on TensorFlow.js and frees what is not read any more, at once: what
 * waits for a garbage collector fills a GPU. Binding values to inputs is the caller's.
 */
import type { Sequence } from "#engine/graph/sequence.ts";
import type { Kind, Node, NodeOf, OperationName } from "#engine/ops/operations.ts";
import type { DType, Tensor, TensorData } from "#engine/tensor.ts";
import { allocate, convert, sizeOf } from "#engine/tensor.ts";
import { convolutions } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import type { Kernel, Kernels, Site } from "./kernel.ts";
import type { EagerTensor, Library } from "./library.ts";
import { activate } from "./library.ts";
import { move } from "./move.ts";
import { matmul } from "./product.ts";

export type EagerValues = Map<Node, EagerTensor>;

const dtypes = { real: "float32", integer: "int32", boolean: "bool" } as const satisfies Record<
  Kind,
  DType
>;

const kernels: Kernels<OperationName> = {
  input: ({ attributes }) => {
    throw new Error(`input ${attributes.name} has no value`);
  },
  constant: ({ attributes }, _, site) => uploaded(attributes.tensor, site),
  ...elementwise,
  ...move,
  ...convolutions,
  matmul,
};

/** What one executable computes with: the library and the tensors that it keeps. */
export class Workshop implements Site {
  readonly tf: Library["tf"];
  readonly flavour: Library["flavour"];
  readonly device: Library["device"];
  readonly provider: string;
  readonly registered: string;
  readonly owner = {};
  readonly #held = new Map<string, EagerTensor>();

  constructor(library: Library) {
    this.tf = library.tf;
    this.flavour = library.flavour;
    this.device = library.device;
    this.provider = library.provider;
    this.registered = library.registered;
  }

  held(key: string, make: () => EagerTensor): EagerTensor {
    const found = this.#held.get(key);
    if (found !== undefined) return found;
    const made = this.tf.keep(make());
    this.#held.set(key, made);
    return made;
  }

  dispose(): void {
    for (const value of this.#held.values()) value.dispose();
    this.#held.clear();
  }
}

/** A copy of a host value on the device; real ones become float32. */
export function uploaded(value: Tensor, { tf }: Pick<Site, "tf">): EagerTensor {
  const kind = value.dtype === "float64" ? "float32" : value.dtype;
  const data = convert(value, kind).data;
  const own = data === value.data ? data.slice() : data;
  return tf.tensor(own as Float32Array, [...value.shape], kind);
}

/** A copy of a node's value on the host. */
export function downloaded(value: EagerTensor, kind: Kind): Tensor {
  const dtype = dtypes[kind];
  const data: TensorData = allocate(dtype, sizeOf(value.shape));
  data.set(value.dataSync());
  return { dtype, shape: [...value.shape], data };
}

function compute<Name extends OperationName>(
  node: NodeOf<Name>,
  operands: readonly EagerTensor[],
  site: Site,
): EagerTensor {
  const kernel: Kernel<Name> = kernels[node.op];
  return site.tf.tidy(() => {
    const result = kernel(node, operands, site);
    // A handle of its own, so that freeing an operand leaves the result.
    return operands.includes(result) ? result.clone() : result;
  });
}

/** The value of a node that must be known. */
export function valueFor(values: ReadonlyMap<Node, EagerTensor>, node: Node): EagerTensor {
  const value = values.get(node);
  if (value === undefined) throw new Error(`${node.op} has no value`);
  return value;
}

/**
 * Computes a sequence into `values`, which holds the given nodes. What is freed leaves it again,
 * and everything that was computed leaves it when a kernel fails.
 */
export function evaluate(sequence: Sequence, values: EagerValues, site: Site): void {
  activate(site);
  const computed = new Set<Node>();
  try {
    for (const [at, node] of sequence.order.entries()) {
      const operands = node.inputs.map((input) => valueFor(values, input));
      values.set(node, compute(node, operands, site));
      computed.add(node);
      for (const dead of sequence.frees[at] ?? []) {
        if (computed.delete(dead)) release(values, dead);
      }
    }
  } catch (error) {
    for (const node of computed) release(values, node);
    throw error;
  }
}

function release(values: EagerValues, node: Node): void {
  values.get(node)?.dispose();
  values.delete(node);
}

/** Frees the values of all nodes but the given ones. */
export function releaseAll(values: EagerValues, except: ReadonlyMap<Node, EagerTensor>): void {
  for (const node of [...values.keys()]) if (!except.has(node)) release(values, node);
}
