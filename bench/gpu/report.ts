/** The figures of bench/gpu.ts as a page for people. Measures nothing. */
import type { Figures, Outcome, PlacementFigures, Row } from "./figures.ts";

const giga = (flops: number): string => (flops / 1e9).toPrecision(3);
const cell = (text: string): string => text.replaceAll("|", "/").slice(0, 160);

/** Of the peak, where that was measured. */
function share(flops: number, { peak }: Figures): string {
  return "found" in peak ? `${((100 * flops) / peak.found.flops).toFixed(1)} %` : "–";
}

function stepsRow({ task, steps }: Row, figures: Figures): string {
  if ("why" in steps) return `| ${task} | ${cell(steps.why)} | – | – | – |`;
  const { batch, stepsPerSecond, stepFlops, transferBytes, chunkSteps } = steps.found;
  const rate = stepsPerSecond * stepFlops;
  const moved = `${(transferBytes / 1e6).toFixed(2)} MB in ${chunkSteps} steps`;
  return (
    `| ${task}, batch ${batch} | ${stepsPerSecond.toPrecision(3)} | ${giga(rate)} | ` +
    `${share(rate, figures)} | ${moved} |`
  );
}

function kernelRow({ task, kernel }: Row, figures: Figures): string {
  if ("why" in kernel) return `| ${task} | ${cell(kernel.why)} | – | – |`;
  const { variant, examples, seconds, flops } = kernel.found;
  const rate = flops === null ? null : flops / seconds;
  const rates = rate === null ? "– | –" : `${giga(rate)} | ${share(rate, figures)}`;
  return `| ${task}, ${variant}, ${examples} examples | ${seconds.toPrecision(3)} | ${rates} |`;
}

const listed = (names: readonly string[]): string =>
  names.length === 0 ? "none" : names.join(", ");

function placementLine(task: string, placement: Outcome<PlacementFigures>): string {
  if ("why" in placement) return `- ${task}: ${placement.why}`;
  const { steps, onDevice, onProcessor, copies } = placement.found;
  return (
    `- ${task}, ${steps} steps: ${onDevice} on the device; on the processor: ` +
    `${listed(onProcessor)}; copies as operators: ${listed(copies)}`
  );
}

function peersIn({ peers }: Figures): string {
  const rows = peers.map(({ peer, version, task, stepsPerSecond, kernelSeconds, why }) => {
    const steps = stepsPerSecond?.toPrecision(3) ?? cell(why ?? "–");
    const kernel =
      kernelSeconds?.toPrecision(3) ?? (stepsPerSecond === null ? "–" : cell(why ?? "–"));
    return `| ${peer} ${version ?? ""} | ${task} | ${steps} | ${kernel} |`;
  });
  return ["| peer | task | steps/s | kernel, s |", "|---|---|---|---|", ...rows, ""].join("\n");
}

/** What a reader must know before the figures. */
function caution({ isSoftware, quick }: Figures): string {
  if (isSoftware) {
    return (
      "**This is not a GPU.** A software driver computed on the processor: the page shows that " +
      "programs run on WebGPU from end to end and stay there, and says nothing of speed.\n\n"
    );
  }
  return quick ? "Small sizes: these figures show that it works, not how fast it is.\n\n" : "";
}

function peakLine({ peak, quick }: Figures): string {
  if ("why" in peak) return `The peak was not measured: ${peak.why}.`;
  const { provider, arithmetic, size, flops } = peak.found;
  const small = quick ? " Products so small are no peak: shares of it may exceed 100 %." : "";
  return (
    `${provider}; products are computed in ${arithmetic}, as measured here.\n` +
    `Peak of float32 products of ${size}×${size}, by the same runtime: ${giga(flops)} GFLOP/s.${small}`
  );
}

/** The page, in Markdown. */
export function reportOf(figures: Figures): string {
  const { device, hardware, driver, date, rows, quick } = figures;
  return `# ${device}: ${hardware}

${caution(figures)}${date}${driver === null ? "" : `, driver ${driver}`}. ${peakLine(figures)}

| training | steps/s | GFLOP/s | of peak | host ↔ device |
|---|---|---|---|---|
${rows.map((row) => stepsRow(row, figures)).join("\n")}

| kernel | s | GFLOP/s | of peak |
|---|---|---|---|
${rows.map((row) => kernelRow(row, figures)).join("\n")}

Best of ${quick ? 2 : 5} rounds. FLOPs are those of contractions alone, counted from
the graph. Host ↔ device is what one call moves, by the program's shapes.

## Where operators ran

By ONNX Runtime's own profile:

${rows.map(({ task, placement }) => placementLine(task, placement)).join("\n")}

## Peers on the same device

${peersIn(figures)}`;
}
