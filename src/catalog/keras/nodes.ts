/** Nodes of our graph under construction: names, shapes as they follow, what stands for what. */
import { checkDefinition } from "#engine/layers/check.ts";
import { networkFrom } from "#engine/layers/definition.ts";
import { inputId } from "#engine/layers/wiring.ts";
import type { GraphNode } from "#schemas/layer.ts";
import type { Definition } from "#schemas/model.ts";
import type { KerasLayer } from "./document.ts";
import type { Bare, Piece, WeightName } from "./piece.ts";

/** A shape that is not known because a layer before it was refused: told there already. */
export class Unknown extends Error {}

/** An array of ours that a layer of Keras stores. */
export interface Wanted extends WeightName {
  /** Name of the array in our network. */
  readonly array: string;
  /** Name of the layer in Keras. */
  readonly layer: string;
}

type Shape = readonly number[];
const idLengthMax = 48;

/** Throws Failure where a field leaves the contract's bounds. */
function checkFields(layer: Bare): void {
  const nodes = [{ ...layer, id: "it", inputs: [inputId] }];
  checkDefinition({ input: { shape: [1] }, nodes, output: "it" });
}

/** The shape behind a layer; throws Failure where it has no meaning there. */
function shapeAfter(layer: Bare, inputs: readonly Shape[], isInteger: boolean): Shape {
  const [first = []] = inputs;
  const ranks = inputs.map((shape) => shape.length);
  switch (layer.type) {
    case "concatenate": {
      const axis = (layer.axis ?? -1) < 0 ? first.length + (layer.axis ?? -1) : (layer.axis ?? 0);
      return first.with(
        Math.min(axis, first.length - 1),
        inputs.reduce((sum, shape) => sum + (shape[axis] ?? 0), 0),
      );
    }
    case "add":
    case "multiply": {
      const widest = inputs[ranks.indexOf(Math.max(...ranks))] ?? first;
      return widest.map((_, at) =>
        Math.max(...inputs.map((shape) => shape.at(at - widest.length) ?? 1)),
      );
    }
    case "attention":
      return [first[0] ?? 1, layer.units ?? first[1] ?? 1];
    default: {
      const input = { shape: [...first], dtype: isInteger ? "integer" : "real" } as const;
      return networkFrom({ input, layers: [layer] } as Definition).outputShape;
    }
  }
}

export class Nodes {
  readonly nodes: GraphNode[] = [];
  readonly wanted: Wanted[] = [];
  readonly #ids = new Set<string>([inputId]);
  /** Layer of Keras → the node that gives its output; undefined when it was refused. */
  readonly #outputs = new Map<string, string | undefined>();
  readonly #shapes = new Map<string, Shape>();

  constructor(inputShape: Shape) {
    this.#shapes.set(inputId, inputShape);
  }

  /** The node that gives a layer's output. Throws Unknown. */
  outputOf(layer: string): string {
    const id = this.#outputs.get(layer);
    if (id === undefined) throw new Unknown();
    return id;
  }

  shapeOf(id: string): Shape {
    const shape = this.#shapes.get(id);
    if (shape === undefined) throw new Unknown();
    return shape;
  }

  stand(layer: string, id: string | undefined): void {
    this.#outputs.set(layer, id);
  }

  #newId(name: string): string {
    const base = name.replaceAll(/[^A-Za-z0-9_.-]/g, "_").slice(0, idLengthMax) || "layer";
    let id = base;
    for (let again = 2; this.#ids.has(id); again += 1) id = `${base}_${again}`;
    this.#ids.add(id);
    return id;
  }

  /** Adds a row of layers behind nodes. Throws what our checks of shapes throw. */
  add(layer: KerasLayer, pieces: readonly Piece[], inputs: readonly string[]): void {
    const main = Math.max(
      0,
      pieces.findIndex(({ weights }) => weights !== undefined),
    );
    let behind = inputs;
    for (const [at, { layer: bare, weights = [] }] of pieces.entries()) {
      const id = this.#newId(at === main ? layer.name : `${layer.name}.${bare.type}`);
      const shapes = behind.map((input) => this.shapeOf(input));
      checkFields(bare);
      this.#shapes.set(id, shapeAfter(bare, shapes, bare.type === "embedding"));
      this.nodes.push({ ...bare, id, inputs: [...behind] });
      for (const weight of weights) {
        this.wanted.push({ ...weight, array: `${id}/${weight.role}`, layer: layer.name });
      }
      behind = [id];
    }
    this.stand(layer.name, behind[0] ?? inputs[0]);
  }
}
