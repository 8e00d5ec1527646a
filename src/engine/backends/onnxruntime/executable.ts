/** A compiled loop at work: its session, the carried values in two buffers, and the invariants. */
import type { Loop, Precision, Program, Tensors } from "#engine/backend.ts";
import { checkProgram } from "#engine/graph/program.ts";
import type { InputNode } from "#engine/ops/operations.ts";
import type { Tensor } from "#engine/tensor.ts";
import { zeros } from "#engine/tensor.ts";
import { names, writeLoop } from "./loop.ts";
import { compileResident } from "./resident.ts";
import { canReside } from "./resident-parts.ts";
import type { NativeTensors, Session, SessionSettings } from "./session.ts";
import { int64Scalar, openSession, toNative } from "./session.ts";
import { dtypeOf, fitted } from "./values.ts";

/** Opens a session for the program; nothing is written yet. */
export async function compileLoop(
  program: Program,
  precision: Precision,
  settings: SessionSettings,
): Promise<Loop> {
  if (settings.device === "webgpu" && canReside(program)) {
    return await compileResident(program, settings);
  }
  checkProgram(program);
  const session = await openSession(writeLoop(program, precision, settings.device), settings);
  return new OnnxLoop(session, program, precision);
}

/** One value. Of a carried one, the next call reads `front` and writes `back`. */
interface Slot {
  readonly input: InputNode;
  front: Tensor;
  back: Tensor | undefined;
  written: boolean;
}

class OnnxLoop implements Loop {
  readonly #session: Session;
  readonly #program: Program;
  readonly #precision: Precision;
  readonly #slots = new Map<string, Slot>();
  #running = false;

  constructor(session: Session, program: Program, precision: Precision) {
    this.#session = session;
    this.#program = program;
    this.#precision = precision;
    for (const { input } of program.carried) this.#addSlot(input).back = this.#empty(input);
    for (const input of program.invariants) this.#addInvariant(input);
  }

  write(values: Tensors): void {
    this.#assertIdle();
    for (const [name, value] of Object.entries(values)) {
      const slot = this.#slotOf(name);
      const given = fitted(slot.input, value, { precision: this.#precision });
      // Nothing writes to an invariant, so it is read where it lies.
      if (slot.back === undefined) slot.front = given;
      else slot.front.data.set(given.data);
      slot.written = true;
    }
  }

  async run(steps: number, scanned: Tensors): Promise<Tensors> {
    this.#assertIdle();
    if (!Number.isInteger(steps) || steps < 1) throw new RangeError(`cannot run ${steps} steps`);
    const feeds = this.#feeds(steps, scanned);
    const emitted: Record<string, Tensor> = {};
    const fetches: NativeTensors = {};
    for (const { input, back } of this.#slots.values()) {
      if (back !== undefined) fetches[names.carried(input)] = toNative(back);
    }
    for (const [name, node] of Object.entries(this.#program.emitted)) {
      const value = zeros(dtypeOf(node.kind, this.#precision), [steps, ...node.shape]);
      emitted[name] = value;
      fetches[names.emitted(name)] = toNative(value);
    }
    this.#running = true;
    try {
      await this.#session.run(feeds, fetches);
    } finally {
      this.#running = false;
    }
    for (const slot of this.#slots.values()) {
      if (slot.back !== undefined) [slot.front, slot.back] = [slot.back, slot.front];
    }
    return emitted;
  }

  async read(wanted?: readonly string[]): Promise<Tensors> {
    this.#assertIdle();
    const values: Record<string, Tensor> = {};
    const carried = this.#program.carried.map(({ input }) => input.attributes.name);
    for (const name of wanted ?? carried) {
      const { front, back } = this.#slotOf(name);
      if (back === undefined) throw new RangeError(`${name} is not carried`);
      values[name] = { ...front, data: front.data.slice() };
    }
    return values;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.release();
  }

  #feeds(steps: number, scanned: Tensors): NativeTensors {
    const feeds: NativeTensors = { [names.steps]: int64Scalar(steps) };
    for (const [name, { input, front, written }] of this.#slots) {
      if (!written) throw new RangeError(`${name} has not been written`);
      feeds[names.input(input)] = toNative(front);
    }
    for (const input of this.#program.scanned) {
      const value = scanned[input.attributes.name];
      const how = { precision: this.#precision, steps };
      feeds[names.input(input)] = toNative(fitted(input, value, how));
    }
    return feeds;
  }

  #empty(input: InputNode): Tensor {
    return zeros(dtypeOf(input.kind, this.#precision), input.shape);
  }

  #addSlot(input: InputNode): Slot {
    const slot = { input, front: this.#empty(input), back: undefined, written: false };
    this.#slots.set(input.attributes.name, slot);
    return slot;
  }

  /** Its array comes with `write`. */
  #addInvariant(input: InputNode): void {
    const { attributes, kind } = input;
    const front = zeros(dtypeOf(kind, this.#precision), [0]);
    this.#slots.set(attributes.name, { input, front, back: undefined, written: false });
  }

  #slotOf(name: string): Slot {
    const slot = this.#slots.get(name);
    if (slot !== undefined) return slot;
    throw new RangeError(`${name} is neither carried nor invariant in ${this.#program.name}`);
  }

  #assertIdle(): void {
    if (this.#running) throw new Error(`${this.#program.name} is running; await it first`);
  }
}
