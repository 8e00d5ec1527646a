/** What is said of engines and devices, on machines of all kinds. */
import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { cardsUnder, gpusFrom, type Machine, missingFrom } from "#api/devices/machine.ts";
import { diagnose } from "#api/devices/remedy.ts";
import { DeviceSurvey } from "#api/devices.ts";
import type { Errand, ErrandRunner } from "#src/channel.ts";
import { findingsOf } from "#src/doctor.ts";
import { Failure } from "#src/failure.ts";

const h100 = { index: 0, name: "NVIDIA H100", driver: "570.86.10", memory_bytes: 8e10 };
const absent = { isThere: false, missing: [] };
const whole = { isThere: true, missing: [] };
const ofOnnx = { device: "cuda", package: "onnxruntime-node" } as const;
const ofTfjs = { device: "cuda", package: "@tensorflow/tfjs-node-gpu" } as const;
const ofWebgpu = { device: "webgpu", package: "onnxruntime-node" } as const;

describe("a diagnosis", () => {
  const bare = { gpus: [], cards: 0, cudaProvider: absent };
  const mute = { ...bare, cards: 2 };
  const old = { gpus: [{ driver: "470.57.02" }], cards: 1, cudaProvider: whole };
  const unbuilt = { gpus: [h100], cards: 1, cudaProvider: absent };
  const lacking = {
    gpus: [h100],
    cards: 1,
    cudaProvider: { isThere: true, missing: ["libcudnn.so.9"] },
  };
  const sound = { gpus: [h100], cards: 1, cudaProvider: whole };
  const bare100 = "CUDA failure 100: no CUDA-capable device is detected ";
  const around = `cuda_call.cc:121 Status CudaCall(ERRTYPE) ${"[with THRW = true] ".repeat(40)}`;
  const failure100 = `${around}${bare100}; GPU=32635 ; hostname=h ; expr=cudaSetDevice(0);`;
  const lackingTwo = {
    gpus: [h100],
    cards: 1,
    cudaProvider: { isThere: true, missing: ["libcublas.so.12", "libcudnn.so.9"] },
  };
  const cases = [
    ["no GPU", ofOnnx, "any", bare, /no NVIDIA GPU/, /driver/],
    [
      "a driver that is not loaded",
      ofOnnx,
      "any",
      mute,
      /2 NVIDIA cards are .* no driver/,
      /modprobe/,
    ],
    ["an old driver", ofOnnx, "any", old, /470\.57\.02.*525/, /driver/],
    ["no provider", ofOnnx, "any", unbuilt, /libonnxruntime_providers_cuda/, /INSTALL=true/],
    ["no cuDNN", ofOnnx, "any", lacking, /lacks libcudnn\.so\.9/, /cudnn9-cuda-12/],
    [
      "no CUDA",
      ofOnnx,
      "any",
      lackingTwo,
      /lacks libcublas.so.12, libcudnn/,
      /CUDA 12 and cuDNN 9/,
    ],
    [
      "a GPU that is hidden",
      ofOnnx,
      failure100,
      sound,
      /^CUDA failure 100: no .* detected$/,
      /VISIBLE/,
    ],
    ["a driver exchanged", ofOnnx, "CUDA failure 803: x ; y", sound, /803: x$/, /restart/],
    [
      "a failure that is not known",
      ofOnnx,
      "CUDA failure 1: x",
      sound,
      /^CUDA failure 1: x$/,
      null,
    ],
    ["a fault that is not known", ofOnnx, "it fell over", sound, /it fell over/, null],
    ["no package", ofTfjs, "Cannot find module 'x'", sound, /is not installed/, /install -- gpu/],
    ["no GPU for TensorFlow", ofTfjs, "finds no GPU", bare, /no NVIDIA GPU/, /driver/],
    [
      "a library that TensorFlow lacks",
      ofTfjs,
      "libcublas.so.12: cannot open shared object file",
      sound,
      /lacks libcublas\.so\.12/,
      /install -- gpu/,
    ],
    ["no adapter", ofWebgpu, "Failed to get a WebGPU adapter", sound, /adapter/, /Vulkan driver/],
    ["no loader", ofWebgpu, "Couldn't load Vulkan", sound, /loader/, /libvulkan1/],
  ] as const;
  for (const [what, tried, said, evidence, reason, remedy] of cases) {
    it(`names ${what} and what mends it`, () => {
      const found = diagnose(tried, said, evidence);
      assert.match(found.reason, reason);
      if (remedy === null) assert.equal(found.remedy, null);
      else assert.match(found.remedy ?? "", remedy);
    });
  }
});

describe("what the driver and the loader print", () => {
  it("is read line by line, and nonsense is passed over", () => {
    const text = "0, NVIDIA H100 80GB HBM3, 570.86.10, 81559\nNo devices, really\n1, A, 1.2, N/A\n";
    assert.deepEqual(gpusFrom(text), [
      {
        index: 0,
        name: "NVIDIA H100 80GB HBM3",
        driver: "570.86.10",
        memory_bytes: 81559 * 2 ** 20,
      },
      { index: 1, name: "A", driver: "1.2" },
    ]);
    assert.deepEqual(gpusFrom(""), []);
  });

  it("names libraries that are not found", () => {
    const text = "\tlibc.so.6 => /lib/libc.so.6 (0x1)\n\tlibcudnn.so.9 => not found\n";
    assert.deepEqual(missingFrom(text), ["libcudnn.so.9"]);
  });
});

it("counts NVIDIA's cards on the bus, and nothing else of theirs or of others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "linnet-bus-"));
  try {
    const devices = [
      ["0x10de\n", "0x030200\n"],
      ["0x10de\n", "0x030000\n"],
      ["0x10de\n", "0x040300\n"],
      ["0x1002\n", "0x030000\n"],
    ] as const;
    for (const [at, [vendor, kind]] of devices.entries()) {
      await mkdir(join(folder, `${at}`));
      await writeFile(join(folder, `${at}`, "vendor"), vendor);
      await writeFile(join(folder, `${at}`, "class"), kind);
    }
    assert.equal(await cardsUnder(folder), 2);
    assert.equal(await cardsUnder(join(folder, "none")), 0);
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** Tries nothing: the processor works, and every other device says why not. */
function fakeErrands(asked: Errand[]): ErrandRunner {
  const perform = async (errand: Errand) => {
    asked.push(errand);
    if (errand.kind !== "probe" || errand.device !== "cpu") {
      throw new Failure("trainer_crashed", "The trainer crashed.");
    }
    return { kind: "probe", provider: "fake", milliseconds: 3, precision: "float32" };
  };
  return { perform } as unknown as ErrandRunner;
}

const machine: Machine = {
  gpus: async () => [h100],
  cards: async () => 1,
  installed: async () => ({ folder: "/", version: "1.2.3" }),
  cudaProvider: async () => absent,
};

describe("a survey", () => {
  it("lists only devices that computed, and says why others cannot", async () => {
    const survey = new DeviceSurvey({ errands: fakeErrands([]), artifactsDir: "", machine });
    const found = await survey.find();
    const [onnxruntime, tfjs, reference] = found.engines;
    assert.deepEqual(onnxruntime?.devices, ["cpu"]);
    assert.deepEqual(
      onnxruntime.trials.map(({ precision }) => precision),
      ["float32", null, null],
    );
    assert.equal(onnxruntime.version, "1.2.3");
    assert.deepEqual(tfjs?.dtypes, ["float32"]);
    assert.deepEqual(reference?.devices, ["cpu"]);
    const cuda = onnxruntime.trials.find(({ device }) => device === "cuda");
    assert.match(cuda?.reason ?? "", /providers_cuda/);
    const webgpu = onnxruntime.trials.find(({ device }) => device === "webgpu");
    assert.match(webgpu?.reason ?? "", /crashed/);
    assert.deepEqual(found.gpus, [h100]);
  });

  it("keeps its answer for some minutes, and tries again when asked to", async () => {
    const asked: Errand[] = [];
    let nowMs = 1e12;
    const errands = fakeErrands(asked);
    const survey = new DeviceSurvey({ errands, artifactsDir: "", machine, now: () => nowMs });
    const [first, second] = await Promise.all([survey.find(), survey.find()]);
    assert.equal(first, second);
    const once = asked.length;
    nowMs += 60_000;
    await survey.find();
    assert.equal(asked.length, once);
    await survey.find({ refresh: true });
    assert.equal(asked.length, 2 * once);
    await survey.find({ refresh: true });
    assert.equal(asked.length, 2 * once, "not again at once");
    nowMs += 3_600_000;
    await survey.find();
    assert.equal(asked.length, 3 * once);
  });

  it("is worth a note where products are rounded", async () => {
    const survey = new DeviceSurvey({ errands: fakeErrands([]), artifactsDir: "", machine });
    const found = await survey.find();
    const rounded = found.engines.map((engine) => ({
      ...engine,
      trials: engine.trials.map((trial) => ({ ...trial, precision: "float32_tf32" as const })),
    }));
    const [finding] = findingsOf({ ...found, engines: rounded });
    assert.equal(finding?.level, "note");
    assert.match(finding?.detail ?? "", /float32_tf32/);
    assert.equal(findingsOf(found)[0]?.level, "ok");
  });

  it("makes a GPU that nothing can use a fault, and a missing one none", async () => {
    const levelOf = async (gpus: Machine["gpus"]) => {
      const survey = new DeviceSurvey({
        errands: fakeErrands([]),
        artifactsDir: "",
        machine: { ...machine, gpus },
      });
      const findings = findingsOf(await survey.find());
      return findings.find(({ what }) => what === "onnxruntime on cuda")?.level;
    };
    assert.equal(await levelOf(machine.gpus), "fault");
    assert.equal(await levelOf(async () => []), "note");
  });
});
