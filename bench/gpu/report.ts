/** The figures of bench/gpu.ts as a page for people. Measures nothing. */
import type { Figures, Measured } from "./figures.ts";

const giga = (flops: number): string => (flops / 1e9).toPrecision(3);
const share = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(1)} %`;

function rowOf(one: Measured, { peakFlops }: Figures): string {
  const rate = one.stepsPerSecond * one.stepFlops;
  const kernel = one.kernelFlops === null ? null : one.kernelFlops / one.kernelSeconds;
  return [
    "",
    `${one.name}, batch ${one.batch}`,
    one.stepsPerSecond.toPrecision(3),
    giga(rate),
    share(rate, peakFlops),
    `${(one.transferBytes / 1e6).toFixed(2)} MB in ${one.chunkSteps} steps`,
    `${one.kernel}, ${one.kernelExamples}: ${one.kernelSeconds.toPrecision(3)} s`,
    kernel === null ? "–" : `${giga(kernel)} (${share(kernel, peakFlops)})`,
    "",
  ]
    .join(" | ")
    .trim();
}

function peersIn({ peers }: Figures): string {
  if (peers.length === 0) return "No Python was given, so no peer ran (`--python FILE`).\n";
  const rows = peers.map(({ peer, version, task, stepsPerSecond, kernelSeconds, why }) =>
    why === null
      ? `| ${peer} ${version} | ${task} | ${stepsPerSecond?.toPrecision(3) ?? "–"} | ${kernelSeconds?.toPrecision(3) ?? "–"} |`
      : `| ${peer} | ${task} | ${why} | – |`,
  );
  return ["| peer | task | steps/s | kernel, s |", "|---|---|---|---|", ...rows, ""].join("\n");
}

function strayIn({ stray }: Figures): string {
  const lines = Object.entries(stray).map(([task, operators]) => {
    if (operators === null) return `- ${task}: not looked at on this engine and device`;
    return `- ${task}: ${operators.length === 0 ? "none" : operators.join(", ")}`;
  });
  return `${lines.join("\n")}\n`;
}

/** What a reader must know before the figures. */
function caution({ isSoftware, short }: Figures): string {
  if (isSoftware) {
    return (
      "**This is not a GPU.** A software driver computed on the processor: the page shows that " +
      "programs run on WebGPU from end to end and stay there, and says nothing of speed.\n\n"
    );
  }
  return short ? "A short run: these figures show that it works, not how fast it is.\n\n" : "";
}

/** The page, in Markdown. */
export function reportOf(figures: Figures): string {
  const { hardware, driver, provider, peakFlops, peakSize, tasks, date } = figures;
  return `# ${figures.device}: ${hardware}

${caution(figures)}${date}. ${provider}${driver === null ? "" : `, driver ${driver}`}. float32, TensorFloat-32 off.
Peak of float32 products of ${peakSize}×${peakSize}, measured here: ${giga(peakFlops)} GFLOP/s.

| task | steps/s | GFLOP/s | of peak | host ↔ device | kernel | GFLOP/s |
|---|---|---|---|---|---|---|
${tasks.map((one) => rowOf(one, figures)).join("\n")}

Best of ${figures.short ? 2 : 5} rounds. FLOPs are those of contractions alone, counted from
the graph. Host ↔ device is what one call moves, by the program's shapes.

## Operators on the processor

By ONNX Runtime's own profile of one step:

${strayIn(figures)}
## Peers on the same device

${peersIn(figures)}`;
}
