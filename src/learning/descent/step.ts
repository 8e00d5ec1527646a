/**
 * One training step as a program, whatever function the loss is taken of: loss, gradient, clipping,
 * update, and what a step reports. Which function that is, standard.ts and linearised.ts say.
 */

import { gradient, vjp } from "#engine/autodiff/backward.ts";
import type { Carried, Constant, Program } from "#engine/backend.ts";
import { add, input, literal, scale, select, sqrt } from "#engine/graph/build.ts";
import type { Network } from "#engine/network.ts";
import type { InputNode, Node } from "#engine/ops/operations.ts";
import { averaged, averageName, shareInput } from "#learning/averaging.ts";
import { type BatchNodes, found, type Split } from "#learning/examples.ts";
import { accuracyOf, lossOf, squaredNorm } from "#learning/loss.ts";
import {
  clipped,
  type OptimizerSettings,
  resetWhere,
  type ScalarNodes,
  type Slot,
  scalarInputs,
  slotsOf,
  update,
} from "#learning/optimizer.ts";
import type { Loss } from "#schemas/algorithm.ts";

/** What is trained, on what, and how weights move. */
export interface Task {
  readonly network: Network;
  readonly loss: Loss;
  readonly optimizer: OptimizerSettings;
  /** Training examples, fitted to the network. */
  readonly train: Split;
  /** B, or null: every step sees all examples. */
  readonly batchSize: number | null;
  /** Whether a step reports the norm of its gradient, see `reportsGradientNorm`. */
  readonly gradientNorm: boolean;
  /** Micro-batches of a step where a form allows them, see `partsFor`; 1 unless given. */
  readonly parts?: number;
}

/** Parameters up to which a pass over the gradient costs little whatever the batch. */
const smallParametersMax = 65_536;
/** Examples a step from which such a pass is a few hundredths of the step; at 256, one in ten. */
const largeBatchMin = 512;

/**
 * Whether each step reports ‖∇θ‖: when clipping needs it anyway, when the network is small, or when
 * batches are large. Otherwise it would cost up to a third of a step: a backend folds plain descent
 * into the product that yields the gradient, which then never exists. Follows from settings and
 * sizes alone, so that a run has the column at every step or at none.
 */
export function reportsGradientNorm(
  { clipNorm }: OptimizerSettings,
  sizes: { readonly parameters: number; readonly batch: number },
): boolean {
  return (
    clipNorm !== null || sizes.parameters <= smallParametersMax || sizes.batch >= largeBatchMin
  );
}

/** The function under the loss, and the point where it is differentiated. */
export interface Slope {
  /** θ and the network's state, carried. */
  readonly weights: ReadonlyMap<string, InputNode>;
  /** [B, O], what the loss is taken of. */
  readonly predicted: Node;
  /** [B, O], the graph whose transposed Jacobian takes cotangents to gradients. */
  readonly outputs: Node;
  /** Where that Jacobian is taken, in the order of the network's parameters. */
  readonly point: ReadonlyMap<string, Node>;
  /** Weights that decay to the anchor draws towards; null where the anchor is θ itself. */
  readonly anchor: ReadonlyMap<string, Node> | null;
  /** A scanned truth value: forget the optimiser's state first; null when that never happens. */
  readonly reset: Node | null;
}

/** What a form of descent adds to the program of a step. */
export interface Additions {
  readonly name: string;
  readonly batch: BatchNodes;
  readonly invariants: readonly InputNode[];
  readonly carried: readonly Carried[];
  readonly scanned: readonly InputNode[];
  readonly emitted: Readonly<Record<string, Node>>;
  /** Next values of arrays of the network's state; the others stay. Absent: all stay. */
  readonly updates?: ReadonlyMap<string, Node>;
  /** Constants beside the batch's. */
  readonly constants?: readonly Constant[];
  /** Iterations that make a step, of each of which `batch` is one; 1 unless given. */
  readonly parts?: number;
}

/** Sums of gradients over the parts of a step. */
interface Gathered {
  readonly gradients: readonly Node[];
  readonly carried: readonly Carried[];
  /** A scanned truth value: this part completes a step; null where every iteration does. */
  readonly last: InputNode | null;
}

/** Adds a part's gradients to those of the parts before; the last part leaves zeros behind. */
function gathered({ network }: Task, gradients: readonly Node[], parts: number): Gathered {
  if (parts === 1) return { gradients, carried: [], last: null };
  const last = input("last", [], "boolean");
  const sums = network.parameters.map(({ name, shape }) => input(`${partialName}/${name}`, shape));
  const totals = gradients.map((gradient, at) => add(sums[at] as Node, gradient));
  const carried = sums.map((node, at) => ({
    input: node,
    output: select(last, literal(0), totals[at] as Node),
  }));
  return { gradients: totals, carried, last };
}

/** Carried sums begin with this and are zero between steps. */
export const partialName = "partial";

/** State of the network, which has no gradient: running statistics. */
function carriedState(network: Network, slope: Slope, updates: Additions["updates"]): Carried[] {
  return (network.state ?? []).map(({ name }) => {
    const node = found(slope.weights, name);
    return { input: node, output: updates?.get(name) ?? node };
  });
}

/** Name of a carried array of the optimiser. */
export function slotName(slot: Slot, parameter: string): string {
  return `${slot}/${parameter}`;
}

interface Moved {
  readonly carried: readonly Carried[];
  readonly norm: Node | undefined;
}

/** Next weights and optimiser state as carried values. */
function move(task: Task, slope: Slope, how: How): Moved {
  const { optimizer, network } = task;
  const clip = optimizer.clipNorm === null ? undefined : clipped(how.gradients, optimizer.clipNorm);
  const gradients = clip?.gradients ?? how.gradients;
  const carried = network.parameters.flatMap(({ name, shape }, at): Carried[] => {
    const weight = found(slope.weights, name);
    const slots = slotsOf(optimizer).map((slot) => {
      const node = input(slotName(slot, name), shape);
      const start = slope.reset === null ? node : resetWhere(slope.reset, node);
      return { slot, node, start };
    });
    const state = Object.fromEntries(slots.map(({ slot, start }) => [slot, start]));
    const gradientNode = gradients[at] as Node;
    const target = optimizer.weightDecayTo === "anchor" ? slope.anchor?.get(name) : undefined;
    const next = update(optimizer, { weight, gradient: gradientNode, target, state }, how.scalars);
    const settled = (moved: Node, before: Node): Node =>
      how.last === null ? moved : select(how.last, moved, before);
    const average = input(averageName(name), shape);
    const mean = how.share === null ? null : averaged(average, next.weight, how.share);
    return [
      { input: weight, output: settled(next.weight, weight) },
      ...(mean === null ? [] : [{ input: average, output: settled(mean, average) }]),
      ...slots.map(({ slot, node, start }) => ({
        input: node,
        output: settled(next.state[slot] as Node, start),
      })),
    ];
  });
  return { carried, norm: clip?.norm };
}

interface How {
  readonly gradients: readonly Node[];
  readonly scalars: ScalarNodes;
  /** Whether weights move at this iteration; null: at every one. */
  readonly last: Node | null;
  /** Of the average; null without one. */
  readonly share: InputNode | null;
}

function scalarsRead(optimizer: OptimizerSettings, scalars: ScalarNodes): readonly InputNode[] {
  if (optimizer.type === "sgd") return [scalars.rate];
  const decoupled = optimizer.type === "adamw" && optimizer.weightDecay > 0;
  const adam = [scalars.adamRate, scalars.secondScale];
  return decoupled ? [scalars.rate, ...adam] : adam;
}

/** Where the anchor is θ itself, what decays to it does not decay. */
function effective(optimizer: OptimizerSettings, slope: Slope): OptimizerSettings {
  const still = slope.anchor === null && optimizer.weightDecayTo === "anchor";
  return still ? { ...optimizer, weightDecay: 0 } : optimizer;
}

/** The program of one step: emits `loss`, `accuracy` for classes, `gradient_norm` when asked. */
export function stepProgram(given: Task, slope: Slope, additions: Additions): Program {
  const task = { ...given, optimizer: effective(given.optimizer, slope) };
  const { network, loss } = task;
  const { batch, parts = 1 } = additions;
  const scalars = scalarInputs();
  const share = task.optimizer.averaging === null ? null : shareInput();
  const lossNode = lossOf(loss, slope.predicted, batch.y);
  const cotangents = gradient(scale(lossNode, 1 / parts), [slope.predicted]);
  const point = network.parameters.map(({ name }) => found(slope.point, name));
  const own = vjp([slope.outputs], point, cotangents);
  const { gradients, carried: partial, last } = gathered(task, own, parts);
  const { carried, norm } = move(task, slope, { gradients, scalars, last, share });
  const accuracy = accuracyOf(loss, slope.predicted, batch.y);
  const gradientNorm = norm ?? (task.gradientNorm ? sqrt(squaredNorm(gradients)) : null);
  return {
    name: additions.name,
    constants: [...batch.constants, ...(additions.constants ?? [])],
    invariants: additions.invariants,
    carried: [
      ...carried,
      ...partial,
      ...carriedState(network, slope, additions.updates),
      ...additions.carried,
    ],
    scanned: [
      ...(batch.index === null ? [] : [batch.index]),
      ...scalarsRead(task.optimizer, scalars),
      ...(last === null ? [] : [last]),
      ...(share === null ? [] : [share]),
      ...additions.scanned,
    ],
    emitted: {
      loss: lossNode,
      ...(accuracy === null ? {} : { accuracy }),
      ...(gradientNorm === null ? {} : { gradient_norm: gradientNorm }),
      ...additions.emitted,
    },
  };
}
