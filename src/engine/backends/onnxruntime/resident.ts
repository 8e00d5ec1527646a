/**
 * A program on a provider that has no `Loop` of its own (WebGPU): one session run a step, with
 * carried values, series and results in buffers of the device. An ONNX Loop there would copy all
 * carried values to the host and back at every step.
 */
import type { Loop, Procedure, Program, Tensors } from "#engine/backend.ts";
import { checkProgram, checkValue } from "#engine/graph/program.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { allocate, sizeOf, zeros } from "#engine/tensor.ts";
import { inputName, outputName, writeProcedure } from "./procedure.ts";
import { named, partsOf } from "./resident-parts.ts";
import type { NativeTensors, Session, SessionSettings } from "./session.ts";
import { openSession, released, toNative } from "./session.ts";
import { dtypeOf, fitted } from "./values.ts";

const precision = "float32";
/** One part with its session. */
interface Opened {
  readonly procedure: Procedure;
  readonly session: Session;
}

/** Opens the sessions of a program; nothing is written yet. */
export async function compileResident(program: Program, settings: SessionSettings): Promise<Loop> {
  checkProgram(program);
  const parts = partsOf(program);
  const sessions: Session[] = [];
  const open = async (procedure: Procedure, stays: boolean): Promise<Opened> => {
    const written = writeProcedure(procedure, precision, settings.device);
    const session = await openSession({ ...written, stays }, settings);
    sessions.push(session);
    return { procedure, session };
  };
  try {
    return new ResidentLoop(program, {
      capacity: parts.capacity,
      prelude: parts.prelude && (await open(parts.prelude, true)),
      upload: parts.upload && (await open(parts.upload, true)),
      step: await open(parts.step, true),
      collect: parts.collect && (await open(parts.collect, false)),
      readBack: parts.readBack && (await open(parts.readBack, false)),
      sessions,
    });
  } catch (error) {
    for (const session of sessions) await session.release();
    throw error;
  }
}

interface Machinery {
  readonly capacity: number;
  readonly prelude: Opened | undefined;
  readonly upload: Opened | undefined;
  readonly step: Opened;
  readonly collect: Opened | undefined;
  readonly readBack: Opened | undefined;
  readonly sessions: readonly Session[];
}

/** Values by the names of a procedure's inputs, for its session. */
function feedsFor({ inputs }: Procedure, known: NativeTensors): NativeTensors {
  const feeds: NativeTensors = {};
  for (const node of inputs) {
    const value = known[node.attributes.name];
    if (value === undefined) throw new RangeError(`${node.attributes.name} has not been written`);
    feeds[inputName(node)] = value;
  }
  return feeds;
}

/** Outputs on the device, by the procedure's names. */
async function onDevice({ procedure, session }: Opened, known: NativeTensors) {
  const found = await session.runThere(feedsFor(procedure, known));
  return Object.fromEntries(
    Object.keys(procedure.outputs).flatMap((name) => {
      const value = found[outputName(name)];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Outputs on the host. */
async function onHost({ procedure, session }: Opened, known: NativeTensors): Promise<Tensors> {
  const results: Record<string, Tensor> = {};
  const fetches: NativeTensors = {};
  for (const [name, node] of Object.entries(procedure.outputs)) {
    const value = zeros(dtypeOf(node.kind, precision), node.shape);
    results[name] = value;
    fetches[outputName(name)] = toNative(value);
  }
  await session.run(feedsFor(procedure, known), fetches);
  return results;
}

/** Some of a call's steps. */
interface Span {
  readonly from: number;
  readonly count: number;
}

class ResidentLoop implements Loop {
  readonly #program: Program;
  readonly #machinery: Machinery;
  readonly #inputs = new Map<string, InputNode>();
  /** Carried values and invariants; on the host when just written. */
  readonly #held: NativeTensors = {};
  /** What the prelude made of the invariants; undefined when they are new. */
  #fixed: NativeTensors | undefined;
  #running = false;

  constructor(program: Program, machinery: Machinery) {
    this.#program = program;
    this.#machinery = machinery;
    const carried = program.carried.map(({ input }) => input);
    for (const node of [...carried, ...program.invariants]) {
      this.#inputs.set(node.attributes.name, node);
    }
  }

  write(values: Tensors): void {
    this.#assertIdle();
    const checked = Object.entries(values).map(([name, value]) => {
      const node = this.#inputs.get(name);
      if (node !== undefined) return [name, fitted(node, value, { precision })] as const;
      throw new RangeError(`${name} is neither carried nor invariant in ${this.#program.name}`);
    });
    for (const [name, value] of checked) {
      released(this.#held[name]);
      this.#held[name] = toNative({ ...value, data: value.data.slice() });
      if (this.#program.invariants.some((node) => node.attributes.name === name)) this.#forget();
    }
  }

  async run(steps: number, scanned: Tensors): Promise<Tensors> {
    this.#assertIdle();
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`cannot run ${steps} steps`);
    for (const name of this.#inputs.keys()) {
      if (this.#held[name] === undefined) throw new RangeError(`${name} has not been written`);
    }
    for (const node of this.#program.scanned) {
      checkValue(node, scanned[node.attributes.name], steps);
    }
    const emitted = Object.fromEntries(
      Object.entries(this.#program.emitted).map(([name, node]) => [
        name,
        zeros(dtypeOf(node.kind, precision), [steps, ...node.shape]),
      ]),
    );
    this.#running = true;
    try {
      const { capacity, prelude } = this.#machinery;
      this.#fixed ??= prelude === undefined ? {} : await onDevice(prelude, this.#held);
      for (let from = 0; from < steps; from += capacity) {
        const count = Math.min(capacity, steps - from);
        await this.#runSome({ from, count }, scanned, emitted);
      }
    } finally {
      this.#running = false;
    }
    return emitted;
  }

  async read(names?: readonly string[]): Promise<Tensors> {
    this.#assertIdle();
    const carried = this.#program.carried.map(({ input }) => input.attributes.name);
    for (const name of names ?? []) {
      if (!carried.includes(name)) throw new RangeError(`${name} is not carried`);
    }
    const { readBack } = this.#machinery;
    const all = readBack === undefined ? {} : await onHost(readBack, this.#held);
    const wanted = new Set(names ?? carried);
    return Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has(name)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#forget();
    for (const value of Object.values(this.#held)) released(value);
    for (const session of this.#machinery.sessions) await session.release();
  }

  /** Steps `from` to `from + count`, whose series fit on the device together. */
  async #runSome(some: Span, scanned: Tensors, emitted: Tensors): Promise<void> {
    const { from, count } = some;
    const { step, collect } = this.#machinery;
    const series = await this.#uploaded(scanned, some);
    let moving: NativeTensors = { [named.at]: toNative(zeros("int32", [1])) };
    for (const node of collect?.procedure.inputs ?? []) {
      moving[node.attributes.name] = toNative(zeros(dtypeOf(node.kind, precision), node.shape));
    }
    try {
      for (let done = 0; done < count; done += 1) {
        const known = { ...this.#held, ...this.#fixed, ...series, ...moving };
        const next = await onDevice(step, known);
        const left: NativeTensors = {};
        for (const [name, value] of Object.entries(next)) {
          const place = this.#inputs.has(name) ? this.#held : left;
          released(place === left ? moving[name] : this.#held[name]);
          place[name] = value;
        }
        moving = left;
      }
      if (collect === undefined) return;
      const results = await onHost(collect, moving);
      for (const [name, value] of Object.entries(emitted)) {
        const row = sizeOf(value.shape.slice(1));
        const rows = results[named.result(name)]?.data.subarray(0, count * row);
        if (rows !== undefined) value.data.set(rows, from * row);
      }
    } finally {
      for (const value of [...Object.values(series), ...Object.values(moving)]) released(value);
    }
  }

  async #uploaded(scanned: Tensors, { from, count }: Span): Promise<NativeTensors> {
    const { upload } = this.#machinery;
    const known: NativeTensors = {};
    if (upload === undefined) return known;
    for (const [at, node] of upload.procedure.inputs.entries()) {
      const input = this.#program.scanned[at];
      if (input === undefined) continue;
      const given = scanned[input.attributes.name];
      const row = sizeOf(input.shape);
      const dtype = dtypeOf(input.kind, precision);
      const data = allocate(dtype, sizeOf(node.shape));
      data.set(given?.data.subarray(from * row, (from + count) * row) ?? []);
      known[node.attributes.name] = toNative({ dtype, shape: node.shape, data });
    }
    return await onDevice(upload, known);
  }

  #forget(): void {
    for (const value of Object.values(this.#fixed ?? {})) released(value);
    this.#fixed = undefined;
  }

  #assertIdle(): void {
    if (this.#running) throw new Error(`${this.#program.name} is running; await it first`);
  }
}
