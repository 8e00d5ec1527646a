/**
 * Who feeds whom: puts chains and graphs into one list of nodes in which inputs come first, and
 * refuses names and wires that make no network. Knows no shapes.
 */
import type { GraphNode, Layer } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";

/** What inputs call the network's own input. */
export const inputId = "input";

/** A layer in its place. */
export interface Wired {
  readonly name: string;
  /** JSON pointer to its definition. */
  readonly pointer: string;
  readonly layer: Layer | GraphNode;
  /** Names of earlier nodes, or `inputId`. */
  readonly inputs: readonly string[];
}

type Chain = Extract<Definition, { readonly layers: unknown }>;
type Graph = Extract<Definition, { readonly nodes: unknown }>;

function refuseAll(errors: readonly FieldError[]): void {
  const [first] = errors;
  if (first === undefined) return;
  throw new Failure("invalid_model", first.detail, { errors });
}

/** Chosen names; else type and place among its type, or the next number that is free. */
function chainNames(layers: readonly Layer[]): string[] {
  const taken = new Set(layers.map((layer) => layer.name));
  const counts = new Map<string, number>();
  return layers.map(({ name, type }) => {
    const place = (counts.get(type) ?? 0) + 1;
    counts.set(type, place);
    if (name !== undefined) return name;
    let number = place;
    while (taken.has(`${type}_${number}`)) number++;
    taken.add(`${type}_${number}`);
    return `${type}_${number}`;
  });
}

function wireChain({ layers }: Chain): Wired[] {
  const names = chainNames(layers);
  const errors: FieldError[] = [];
  const wired = layers.map((layer, at) => {
    const name = names[at] ?? "";
    const pointer = `/layers/${at}`;
    if (names.indexOf(name) < at) {
      const detail = `another layer is called "${name}"; choose a name of its own`;
      errors.push({ pointer: `${pointer}/name`, detail });
    }
    return { name, pointer, layer, inputs: [names[at - 1] ?? inputId] };
  });
  refuseAll(errors);
  return wired;
}

/** Ids that are missing, reserved or double. */
function idErrors({ nodes, output }: Graph): FieldError[] {
  const ids = new Set<string>();
  const errors: FieldError[] = [];
  for (const [at, { id }] of nodes.entries()) {
    const pointer = `/nodes/${at}/id`;
    if (id === inputId) {
      const detail = `"${inputId}" means the network's input; choose another id`;
      errors.push({ pointer, detail });
    } else if (ids.has(id)) {
      errors.push({ pointer, detail: `another node has the id "${id}"; choose one of its own` });
    }
    ids.add(id);
  }
  for (const [at, { inputs }] of nodes.entries()) {
    for (const [place, id] of inputs.entries()) {
      if (id === inputId || ids.has(id)) continue;
      const detail = `there is no node "${id}"; use the id of a node, or "${inputId}"`;
      errors.push({ pointer: `/nodes/${at}/inputs/${place}`, detail });
    }
  }
  if (output === inputId || !ids.has(output)) {
    errors.push({ pointer: "/output", detail: `there is no node "${output}"; use a node's id` });
  }
  return errors;
}

/** Nodes in an order in which inputs come first, as near to the given one as that allows. */
function inOrder(nodes: readonly GraphNode[]): GraphNode[] {
  const waiting = new Map(nodes.map((node) => [node.id, node]));
  const order: GraphNode[] = [];
  for (const first of nodes) {
    const path = [first];
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      const next = node.inputs.map((id) => waiting.get(id)).find((input) => input !== undefined);
      if (!waiting.has(node.id)) {
        path.pop();
      } else if (next === undefined) {
        waiting.delete(node.id);
        order.push(node);
        path.pop();
      } else if (path.includes(next)) {
        refuseCycle(nodes, path.slice(path.indexOf(next)));
      } else {
        path.push(next);
      }
    }
  }
  return order;
}

/** `path` leads from its last node back to its first, each fed by the next. */
function refuseCycle(nodes: readonly GraphNode[], path: readonly GraphNode[]): void {
  const at = Math.min(...path.map((node) => nodes.indexOf(node)));
  const way = [...path, ...path.slice(0, 1)].map((node) => node.id).toReversed();
  const detail = `nodes feed each other in a ring, ${way.join(" → ")}; remove one of these wires`;
  refuseAll([{ pointer: `/nodes/${at}/inputs`, detail }]);
}

/** Nodes from which the output cannot be reached. */
function idleErrors({ nodes, output }: Graph, order: readonly GraphNode[]): FieldError[] {
  const used = new Set([output]);
  for (const node of order.toReversed()) {
    if (!used.has(node.id)) continue;
    for (const id of node.inputs) used.add(id);
  }
  return nodes.flatMap(({ id }, at) => {
    if (used.has(id)) return [];
    const detail = `"${id}" does not lead to the output "${output}"; connect it or remove it`;
    return [{ pointer: `/nodes/${at}`, detail }];
  });
}

function wireGraph(graph: Graph): Wired[] {
  refuseAll(idErrors(graph));
  const order = inOrder(graph.nodes);
  refuseAll(idleErrors(graph, order));
  const places = new Map(graph.nodes.map((node, at) => [node.id, at]));
  return order.map((layer) => ({
    name: layer.id,
    pointer: `/nodes/${places.get(layer.id)}`,
    layer,
    inputs: layer.inputs,
  }));
}

/** Every layer, inputs first, and the name of the one that gives the output. */
export function wire(definition: Definition): { wired: readonly Wired[]; output: string } {
  if ("nodes" in definition) return { wired: wireGraph(definition), output: definition.output };
  const wired = wireChain(definition);
  return { wired, output: wired.at(-1)?.name ?? inputId };
}
