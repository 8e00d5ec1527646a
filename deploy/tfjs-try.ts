/** Multiplies two matrices on one package of TensorFlow.js: `node deploy/tfjs-try.ts node-gpu`. */
import { flavours, tfjsBackend } from "#engine/backends/tfjs.ts";
import { input, matmul } from "#engine/graph/build.ts";
import { tensor } from "#engine/tensor.ts";

const flavour = flavours.find((name) => name === process.argv[2]);
if (flavour === undefined) throw new Error(`one of ${flavours.join(", ")} is needed`);
await using backend = await tfjsBackend({ flavour });
const [a, b] = [input("a", [2, 2]), input("b", [2, 2])];
const procedure = { name: "try", constants: [], inputs: [a, b], outputs: { c: matmul(a, b) } };
await using callable = await backend.compile(procedure, "float32");
const { c } = await callable.call({
  a: tensor("float32", [2, 2], [1, 2, 3, 4]),
  b: tensor("float32", [2, 2], [5, 6, 7, 8]),
});
const found = [...(c?.data ?? [])].join(" ");
if (found !== "19 22 43 50") throw new Error(`[1 2; 3 4][5 6; 7 8] is ${found}`);
process.stdout.write(`${backend.provider} computes on ${backend.device}\n`);
