/**
 * Batches other than the one that a file was exported with. Where a file writes its own batch size
 * into a shape, the place of the batch is found from the shapes at that size and enlarged.
 */
import type { Shape } from "#engine/tensor.ts";
import { sizeOf } from "#engine/tensor.ts";
import type { FileNode } from "./file.ts";
import { type Laid, shapeOf } from "./laid.ts";

/** What a node with a target shape did at the file's own batch size. */
interface Seen {
  readonly input: Shape;
  readonly target: readonly number[];
  readonly output: Shape;
}

/** Shapes at the file's batch size, by node; filled by the first pass over the graph. */
export type ReferenceShapes = Map<FileNode, Seen>;

export interface Batches {
  /** The batch size that the file fixes; undefined when it is free. */
  readonly file: number | undefined;
  readonly present: number;
  readonly reference: ReferenceShapes;
}

/** The one axis whose length has grown by the ratio of batch sizes. */
function batchAxis(from: Shape, to: Shape, { file = 1, present }: Batches): number | undefined {
  const changed = [...from.keys()].filter((axis) => from[axis] !== to[axis]);
  const [axis] = changed;
  if (axis === undefined || changed.length > 1 || from.length !== to.length) return undefined;
  return (from[axis] ?? 0) * present === (to[axis] ?? 0) * file ? axis : undefined;
}

/** How many places in reading order differ before the batch does, which is stored outermost. */
function elementsBeforeBatch({ stored, axes }: Laid): number {
  const order = axes.flat();
  return sizeOf(order.slice(0, order.indexOf(0)).map((axis) => stored.shape[axis] ?? 1));
}

/**
 * The shape that the target of a Reshape stands for at the present batch. In the result, the
 * batch is the outermost part of the axis in front of which as many elements stand as in the input.
 */
export function reshapeTarget(
  node: FileNode,
  x: Laid,
  how: {
    readonly target: readonly number[];
    readonly batches: Batches;
    readonly resolve: (target: readonly number[]) => number[];
  },
): number[] {
  const { target, batches, resolve } = how;
  const input = shapeOf(x);
  if (batches.file === undefined) return resolve(target);
  if (batches.present === batches.file) {
    const output = resolve(target);
    batches.reference.set(node, { input, target, output });
    return output;
  }
  const seen = batches.reference.get(node);
  const axis = seen && batchAxis(seen.input, input, batches);
  if (seen === undefined || axis === undefined || seen.target.join() !== target.join()) {
    return resolve(target);
  }
  const { output } = seen;
  const before = elementsBeforeBatch(x);
  const after = output.findIndex((_, end) => sizeOf(output.slice(0, end)) >= before);
  // At a boundary the batch is the outer part of what follows or the inner part of what precedes;
  // the latter where nothing of an example would be left behind it.
  const swallowed = after > 0 && sizeOf(output.slice(after + 1)) === 1;
  const choices = [after, after - 1].flatMap((at) => enlarged(output, at, batches) ?? []);
  const literal = quietly(() => resolve(target));
  const same = choices.find((shape) => shape.join() === literal?.join());
  return same ?? (swallowed ? choices[1] : choices[0]) ?? resolve(target);
}

function enlarged(shape: Shape, at: number, { file = 1, present }: Batches): number[][] {
  const length = ((shape[at] ?? 0) * present) / file;
  return at >= 0 && Number.isInteger(length) && length > 0 ? [shape.with(at, length)] : [];
}

function quietly<Value>(make: () => Value): Value | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
