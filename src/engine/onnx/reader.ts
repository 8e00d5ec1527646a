/**
 * Reads an ONNX file within limits and without copying weights. It says what is written there; what
 * operators mean is the importer's.
 */
import { FieldReader, pointerOf, type Reading } from "./fields.ts";
import {
  domainOf,
  type FileAttribute,
  type FileFunction,
  type FileGraph,
  type FileNode,
  type FileTensor,
  type FileValue,
  type OnnxFile,
} from "./file.ts";
import { malformed, type OnnxLimits, onnxLimits } from "./limits.ts";
import { readTensor } from "./read-tensor.ts";

type Draft<Record> = { -readonly [Key in keyof Record]: Record[Key] };

/** Calls `read` for every field of a message; fields without a reader are passed over. */
function eachField(
  fields: FieldReader,
  readers: Readonly<Record<number, (fields: FieldReader) => void>>,
): void {
  while (fields.next()) {
    const read = readers[fields.field];
    if (read === undefined) fields.skip();
    else read(fields);
  }
}

function readAttribute(fields: FieldReader): FileAttribute {
  const floats: number[] = [];
  const integers: number[] = [];
  const texts: string[] = [];
  const draft: Draft<FileAttribute> = {
    name: "",
    float: undefined,
    integer: undefined,
    text: undefined,
    tensor: undefined,
    graph: undefined,
    floats,
    integers,
    texts,
    reference: undefined,
  };
  eachField(fields, {
    1: (f) => (draft.name = f.string()),
    2: (f) => (draft.float = f.float()),
    3: (f) => (draft.integer = f.integer()),
    4: (f) => (draft.text = f.string()),
    5: (f) => (draft.tensor = f.message("t", readTensor)),
    6: (f) => (draft.graph = f.message("g", readGraph)),
    7: (f) => f.floats(floats),
    8: (f) => f.integers(integers),
    9: (f) => f.append(texts, f.string()),
    // Lists of tensors and graphs are read for their dangers alone: no operator here has them.
    10: (f) => void f.message("tensors", readTensor),
    11: (f) => void f.message("graphs", readGraph),
    21: (f) => (draft.reference = f.string()),
    22: refuseSparse,
    23: refuseSparse,
  });
  return draft;
}

function refuseSparse(fields: FieldReader): void {
  throw fields.refuse("sparse tensors are not read; store the tensor densely");
}

function appendOperand(fields: FieldReader, into: string[]): void {
  const { counts, limits } = fields.reading;
  counts.operands += 1;
  if (counts.operands > limits.operandsMax) {
    throw fields.refuse(`nodes have more than ${limits.operandsMax} operands`);
  }
  into.push(fields.string());
}

function readNode(fields: FieldReader): FileNode {
  const { reading } = fields;
  reading.counts.nodes += 1;
  if (reading.counts.nodes > reading.limits.nodesMax) {
    throw fields.refuse(`there are more than ${reading.limits.nodesMax} nodes`);
  }
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, FileAttribute>();
  const draft: Draft<FileNode> = {
    name: "",
    operator: "",
    domain: "",
    inputs,
    outputs,
    attributes,
    pointer: pointerOf(reading),
  };
  eachField(fields, {
    1: (f) => appendOperand(f, inputs),
    2: (f) => appendOperand(f, outputs),
    3: (f) => (draft.name = f.string()),
    4: (f) => (draft.operator = f.string()),
    5: (f) => {
      const attribute = f.message(`attribute/${attributes.size}`, readAttribute);
      if (attributes.has(attribute.name)) throw f.refuse(`${attribute.name} is given twice`);
      attributes.set(attribute.name, attribute);
    },
    7: (f) => (draft.domain = domainOf(f.string())),
  });
  return draft;
}

function readDimension(fields: FieldReader): number | string {
  let length: number | string = "";
  eachField(fields, {
    1: (f) => (length = f.integer()),
    2: (f) => (length = f.string()),
  });
  return length;
}

function readShape(fields: FieldReader): readonly (number | string)[] {
  const shape: (number | string)[] = [];
  eachField(fields, { 1: (f) => f.append(shape, f.message("dim", readDimension)) });
  if (shape.length > fields.reading.limits.rankMax) throw fields.refuse("a value has many axes");
  return shape;
}

function readValue(fields: FieldReader): FileValue {
  const draft: Draft<FileValue> = { name: "", type: undefined, shape: undefined };
  const tensorType = (f: FieldReader): void =>
    eachField(f, {
      1: (g) => (draft.type = g.integer()),
      2: (g) => (draft.shape = g.message("shape", readShape)),
    });
  eachField(fields, {
    1: (f) => (draft.name = f.string()),
    2: (f) => f.message("type", (g) => eachField(g, { 1: (h) => h.message("tensor", tensorType) })),
  });
  return draft;
}

function readGraph(fields: FieldReader): FileGraph {
  const { reading } = fields;
  reading.counts.graphs += 1;
  if (reading.counts.graphs > reading.limits.depthMax) {
    throw fields.refuse(`graphs are nested more than ${reading.limits.depthMax} deep`);
  }
  const nodes: FileNode[] = [];
  const initializers: FileTensor[] = [];
  const inputs: FileValue[] = [];
  const outputs: FileValue[] = [];
  const pointer = pointerOf(reading);
  let name = "";
  eachField(fields, {
    1: (f) => f.append(nodes, f.message(`node/${nodes.length}`, readNode)),
    2: (f) => (name = f.string()),
    5: (f) => f.append(initializers, f.message(`initializer/${initializers.length}`, readTensor)),
    11: (f) => f.append(inputs, f.message(`input/${inputs.length}`, readValue)),
    12: (f) => f.append(outputs, f.message(`output/${outputs.length}`, readValue)),
    15: refuseSparse,
  });
  reading.counts.graphs -= 1;
  return { name, nodes, initializers, inputs, outputs, pointer };
}

/** Adds domain → version. */
function readOperatorSet(fields: FieldReader, into: Map<string, number>): void {
  let [domain, version] = ["", 0];
  eachField(fields, {
    1: (f) => (domain = domainOf(f.string())),
    2: (f) => (version = f.integer()),
  });
  if (into.size >= fields.reading.limits.entriesMax) throw fields.refuse("too many operator sets");
  into.set(domain, version);
}

function readFunction(fields: FieldReader): FileFunction {
  const [inputs, outputs, nodes]: [string[], string[], FileNode[]] = [[], [], []];
  const defaults = new Map<string, FileAttribute>();
  const operatorSets = new Map<string, number>();
  let [name, domain] = ["", ""];
  eachField(fields, {
    1: (f) => (name = f.string()),
    4: (f) => f.append(inputs, f.string()),
    5: (f) => f.append(outputs, f.string()),
    7: (f) => f.append(nodes, f.message(`node/${nodes.length}`, readNode)),
    9: (f) => f.message("opset_import", (g) => readOperatorSet(g, operatorSets)),
    10: (f) => (domain = domainOf(f.string())),
    11: (f) => {
      const attribute = f.message("attribute_proto", readAttribute);
      defaults.set(attribute.name, attribute);
    },
  });
  return { name, domain, inputs, outputs, nodes, defaults, operatorSets };
}

function readingOf(bytes: Uint8Array, limits: OnnxLimits): Reading {
  if (bytes.byteLength > limits.fileBytesMax) {
    throw malformed(
      "",
      `it has ${bytes.byteLength} bytes, at most ${limits.fileBytesMax} are read`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const counts = { nodes: 0, tensors: 0, graphs: 0, operands: 0 };
  return { bytes, view, limits, path: [], frames: [], counts };
}

/**
 * Reads a ModelProto. Throws Failure("malformed_body") with a pointer where bytes are cut off, lie
 * about lengths, or pass a limit, and where data is external or sparse. The result points into
 * `bytes`, which must not change.
 */
export function readOnnx(bytes: Uint8Array, limits: OnnxLimits = onnxLimits): OnnxFile {
  const reading = readingOf(bytes, limits);
  const functions: FileFunction[] = [];
  const operatorSets = new Map<string, number>();
  let [irVersion, producer] = [0, ""];
  let graph: FileGraph | undefined;
  eachField(new FieldReader(reading, 0, bytes.byteLength), {
    1: (f) => (irVersion = f.integer()),
    2: (f) => (producer = f.string()),
    7: (f) => {
      if (graph !== undefined) throw f.refuse("there are two graphs");
      graph = f.message("graph", readGraph);
    },
    8: (f) => f.message("opset_import", (g) => readOperatorSet(g, operatorSets)),
    20: (f) => {
      throw f.refuse("training graphs are not read; export the model for inference");
    },
    25: (f) => f.append(functions, f.message(`functions/${functions.length}`, readFunction)),
  });
  if (graph === undefined) throw malformed("", "there is no graph in it");
  return { bytes, irVersion, producer, operatorSets, functions, graph };
}

/** Reads a file that holds a single TensorProto, as test data comes. */
export function readTensorFile(bytes: Uint8Array, limits: OnnxLimits = onnxLimits): FileTensor {
  return readTensor(new FieldReader(readingOf(bytes, limits), 0, bytes.byteLength));
}
