/** How fast the page's plots are drawn, measured inside the browser with its own modules. */
import type { Page } from "playwright-core";
import { assetsOf } from "./chromium.ts";

export interface PlotTimes {
  /** Median and 95th percentile of drawing one curve of 100 000 points, in milliseconds. */
  readonly redraw_ms: number;
  readonly redraw_p95_ms: number;
  /** The same for ten such curves in one plot. */
  readonly redraw_ten_ms: number;
  /** Frames a second while one plot of 100 000 points is redrawn in every frame. */
  readonly frames_per_second_one: number;
  /** Frames a second while ten runs of 100 000 points grow in four plots. */
  readonly frames_per_second: number;
}

/** Run in the page: the plots stand over it in an element of their own. */
const script = (assets: string): string => `(async () => {
  const { Chart } = await import("${assets}plot/chart.ts");
  const { newLink } = await import("${assets}plot/link.ts");
  const { Series } = await import("${assets}plot/series.ts");
  const points = 100000;
  const curve = (seed) => {
    const series = new Series();
    for (let i = 1; i <= points; i += 1) {
      series.push(i, 1 / Math.sqrt(i) + 0.02 * Math.abs(Math.sin(i * 12.9898 + seed * 78.233)));
    }
    return series;
  };
  const stage = document.createElement("div");
  stage.style.cssText =
    "position:fixed;inset:0;z-index:99;display:grid;grid-template:1fr 1fr/1fr 1fr";
  document.body.append(stage);
  const plot = (lines) => {
    const host = document.createElement("div");
    host.className = "plot";
    stage.append(host);
    const base = { title: "measured", xLabel: "step", xKind: "linear", yKind: "log" };
    const chart = new Chart({
      host,
      link: newLink(),
      spec: () => ({ ...base, lines }),
      hidden: () => new Set(),
      readout: () => {},
    });
    return chart;
  };
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  const lineOf = (points, i) =>
    ({ key: String(i), label: String(i), points, colour: i, isNoisy: true });
  const times = async (chart) => {
    const all = [];
    for (let turn = 0; turn < 60; turn += 1) {
      chart.invalidate();
      await frame();
      await frame();
      if (turn >= 10) all.push(chart.drawMs);
    }
    return all.sort((a, b) => a - b);
  };
  const curves = Array.from({ length: 10 }, (_, i) => curve(i));
  const one = plot([lineOf(curves[0], 0)]);
  await frame();
  const single = await times(one);
  const singleMs = performance.now();
  for (let turn = 0; turn < 90; turn += 1) {
    one.invalidate();
    await frame();
  }
  const singleRate = 90000 / (performance.now() - singleMs);
  one.destroy();
  stage.replaceChildren();
  const ten = plot(curves.map(lineOf));
  const tens = await times(ten);
  const rest = [plot(curves.map(lineOf)), plot(curves.map(lineOf)), plot(curves.map(lineOf))];
  await frame();
  const startedMs = performance.now();
  let frames = 0;
  while (performance.now() - startedMs < 3000) {
    for (const series of curves) for (let i = 0; i < 8; i += 1) series.push(series.lastX + 1, 0.01);
    for (const chart of [ten, ...rest]) chart.grow();
    await frame();
    frames += 1;
  }
  const seconds = (performance.now() - startedMs) / 1000;
  for (const chart of [ten, ...rest]) chart.destroy();
  stage.remove();
  const at = (list, share) => list[Math.floor(share * (list.length - 1))];
  const round = (value) => Math.round(100 * value) / 100;
  return {
    redraw_ms: round(at(single, 0.5)),
    redraw_p95_ms: round(at(single, 0.95)),
    redraw_ten_ms: round(at(tens, 0.5)),
    frames_per_second_one: round(singleRate),
    frames_per_second: round(frames / seconds),
  };
})()`;

export async function measurePlots(page: Page): Promise<PlotTimes> {
  return page.evaluate<PlotTimes>(script(await assetsOf(page)));
}
