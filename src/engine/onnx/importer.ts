/**
 * A file on its way to a network: what stays the same for all batch sizes, and one walk over the
 * graph for one of them. Which constants are weights is decided elsewhere.
 */
import { broadcast, cast, literal } from "#engine/graph/build.ts";
import type { Node } from "#engine/ops/operations.ts";
import type { FieldError } from "#schemas/problem.ts";
import { Failure } from "#src/failure.ts";
import type { Batches } from "./batch.ts";
import type { OnnxFile } from "./file.ts";
import { Interpreter, type Sources, type Walked } from "./interpret.ts";
import { plain } from "./laid.ts";
import { type OnnxLimits, onnxLimits } from "./limits.ts";
import { translationOf } from "./operators/table.ts";
import {
  dataInputs,
  inputPort,
  neededFor,
  outputPort,
  type Port,
  type PortChoice,
} from "./ports.ts";
import { readOnnx } from "./reader.ts";
import { Constants } from "./roles.ts";

/** Versions of the default operator set that are understood; 6 differs from 7 in broadcasting. */
const versionsRead = { least: 6, most: 26 } as const;

export function refuseAll(errors: readonly FieldError[]): never {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  throw new Failure("invalid_model", `The graph cannot be trained: ${first?.detail}${more}`, {
    errors,
  });
}

function checkVersion(file: OnnxFile): void {
  const version = file.operatorSets.get("");
  const { least, most } = versionsRead;
  if (version !== undefined && (version < least || version > most)) {
    const pointer = "/opset_import";
    const detail = `operator set ${version} is not read; export with one of ${least} to ${most}`;
    refuseAll([{ pointer, detail }]);
  }
}

/** Everything that stays the same for all batch sizes. */
export class Importer {
  readonly file: OnnxFile;
  readonly port: Port;
  readonly outputName: string;
  readonly constants = new Constants();
  readonly #limits: OnnxLimits;
  readonly #fixed: Readonly<Record<string, number>>;
  readonly #reference: Batches["reference"] = new Map();

  constructor(bytes: Uint8Array, options: PortChoice & { readonly limits?: Partial<OnnxLimits> }) {
    this.#limits = { ...onnxLimits, ...options.limits };
    const whole = readOnnx(bytes, this.#limits);
    checkVersion(whole);
    this.port = inputPort(whole, options);
    this.outputName = outputPort(whole, options);
    this.file = { ...whole, graph: neededFor(whole.graph, this.outputName) };
    this.#fixed = options.fixed ?? {};
  }

  /** Values of the further inputs, which are one number each. */
  #fixedInputs(batch: number): [string, Node][] {
    return dataInputs(this.file).flatMap((value) => {
      const number = this.#fixed[value.name];
      if (number === undefined || value.name === this.port.name) return [];
      const own = value.shape?.slice(1) ?? [];
      const shape = own.map((length, axis) =>
        typeof length === "number" ? length : (this.port.shape[axis] ?? 1),
      );
      const isReal = value.type === 1 || value.type === 11 || value.type === 10;
      const scalar = isReal ? literal(number) : cast(literal(number), "integer");
      return [[value.name, broadcast(scalar, [batch, ...shape])]];
    });
  }

  walk(x: Node, sources: Sources): Walked {
    const present = x.shape[0] ?? 0;
    const batches = { file: this.port.batch, present, reference: this.#reference };
    const inputs = new Map([[this.port.name, x], ...this.#fixedInputs(present)]);
    const { file } = this;
    return new Interpreter({ file, limits: this.#limits, batches, sources, inputs }).run();
  }

  /** The trained output as a node, or all faults at once. */
  outputOf(walked: Walked): Node {
    const { errors, values } = walked;
    if (errors.length > 0) refuseAll(errors);
    const output = values.get(this.outputName);
    const pointer = "/graph/output";
    if (output === undefined) {
      refuseAll([{ pointer, detail: `no node gives the output "${this.outputName}"` }]);
    }
    const node = plain(output);
    if (node.kind !== "real") {
      const detail =
        `the output "${this.outputName}" holds ${node.kind}s, which have no derivative; ` +
        "choose another (`output`)";
      refuseAll([{ pointer, detail }]);
    }
    return node;
  }

  /** Operators without a meaning, listed whether or not something before them fails. */
  refusedOperators(): FieldError[] {
    const inFile = new Set(this.file.functions.map(({ domain, name }) => `${domain}::${name}`));
    return this.file.graph.nodes.flatMap((node) => {
      if (inFile.has(`${node.domain}::${node.operator}`)) return [];
      const found = translationOf(node.domain, node.operator);
      if (typeof found !== "string") return [];
      const name = node.name === "" ? "without a name" : `"${node.name}"`;
      return [{ pointer: node.pointer, detail: `${node.operator} ${name}: ${found}` }];
    });
  }
}
