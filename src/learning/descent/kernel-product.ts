/** Products Θv of a kernel that is held whole, on the engine. Finds no kernel. */
import type { Backend, Loop, Precision, Program } from "#engine/backend.ts";
import { input, matmul, reshape } from "#engine/graph/build.ts";
import { type Tensor, tensor } from "#engine/tensor.ts";
import type { Product } from "#learning/solve/conjugate-gradients.ts";

function kernelProgram(size: number): Program {
  const kernel = input("kernel", [size, size]);
  const vector = input("vector", [size]);
  return {
    name: "kernel product",
    constants: [],
    invariants: [kernel],
    carried: [],
    scanned: [vector],
    emitted: { image: reshape(matmul(reshape(vector, [1, size]), kernel), [size]) },
  };
}

export class KernelProduct implements AsyncDisposable {
  readonly #backend: Backend;
  readonly #precision: Precision;
  #loop: Promise<Loop> | null = null;

  constructor(backend: Backend, precision: Precision) {
    this.#backend = backend;
    this.#precision = precision;
  }

  /** Of a symmetric kernel of `size` rows; every call brings one of the same size. */
  async of(kernel: Tensor, size: number): Promise<Product> {
    this.#loop ??= this.#backend.compileLoop(kernelProgram(size), this.#precision);
    const loop = await this.#loop;
    loop.write({ kernel: { ...kernel, shape: [size, size] } });
    return async (v) => {
      const { image } = await loop.run(1, { vector: tensor(this.#precision, [1, size], v) });
      return Float64Array.from(image?.data ?? []);
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await (await this.#loop)?.[Symbol.asyncDispose]();
  }
}
