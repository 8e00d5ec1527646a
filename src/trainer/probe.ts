/**
 * Tries a device: compiles a small loop, runs it there and compares with the reference, so that
 * "it can be used" means that it computed and was right.
 */
import assert from "node:assert/strict";
import { measuredArithmetic } from "#engine/arithmetic.ts";
import type { Backend, Program, Tensors } from "#engine/backend.ts";
import { referenceBackend } from "#engine/backends/reference.ts";
import { add, input, matmul, sum, tanh } from "#engine/graph/build.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Errand, ErrandResult } from "#src/channel.ts";
import { Failure } from "#src/failure.ts";
import { backendFor, engineArguments, type Given } from "./backends.ts";

type Probe = Extract<Errand, { readonly kind: "probe" }>;

const size = 8;
const steps = 3;
/** Relative to 1; float32 differs by a thousandth of it. */
const tolerance = 1e-4;

function program(): Program {
  const [w, x] = [input("w", [size, size]), input("x", [size, size])];
  const output = tanh(add(matmul(w, x), x));
  const carried = [{ input: w, output }];
  return {
    name: "probe",
    constants: [],
    invariants: [x],
    carried,
    scanned: [],
    emitted: { sum: sum(w) },
  };
}

const values = (seed: number): Tensor =>
  tensor(
    "float32",
    [size, size],
    Array.from({ length: size * size }, (_, at) => Math.sin(seed + 3 * at) / 4),
  );

async function results(backend: Backend): Promise<Tensors> {
  await using loop = await backend.compileLoop(program(), "float32");
  loop.write({ w: values(1), x: values(2) });
  return { ...(await loop.run(steps, {})), ...(await loop.read()) };
}

/** Failure `engine_unavailable` with the reason when the device cannot be used or is wrong. */
export async function probeDevice(errand: Probe, given: Given): Promise<ErrandResult> {
  const beganMs = performance.now();
  const { engine, device } = errand;
  const { flavour } = engineArguments(errand.flavour);
  const wanted = { engine, device, dtype: "float32" } as const;
  await using backend = await backendFor(wanted, { ...given, flavour });
  const found = await results(backend);
  const milliseconds = Math.round(performance.now() - beganMs);
  const precision = await measuredArithmetic(backend, "float32");
  const expected = await results(referenceBackend());
  for (const [name, value] of Object.entries(expected)) {
    const own = found[name];
    assert(own !== undefined, "a loop hands out what its program says");
    for (const [at, number] of value.data.entries()) {
      if (Math.abs((own.data[at] ?? Number.NaN) - number) <= tolerance) continue;
      const text = `it computes wrong numbers: ${own.data[at]} instead of ${number}`;
      throw new Failure("engine_unavailable", text);
    }
  }
  return { kind: "probe", provider: backend.provider, milliseconds, precision };
}
