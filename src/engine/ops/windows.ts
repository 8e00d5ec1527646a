/**
 * Sizes of convolutions: how windows slide over the spatial axes of channels-last arrays. Throws
 * where operands do not fit each other. Computes nothing but shapes.
 */
import type { Shape } from "../tensor.ts";
import type { Operations, Window } from "./operations.ts";

/** A window over `rank` spatial axes with whatever is not given at rest: 1, no padding, 1, 1. */
export function completeWindow(rank: number, window: Partial<Window>): Window {
  return {
    strides: window.strides ?? Array.from({ length: rank }, () => 1),
    padding: window.padding ?? Array.from({ length: rank }, () => [0, 0] as const),
    dilations: window.dilations ?? Array.from({ length: rank }, () => 1),
    groups: window.groups ?? 1,
  };
}

function checkWindow(window: Window, rank: number): void {
  const { strides, padding, dilations, groups } = window;
  if (rank < 1) throw new Error("needs at least one spatial axis");
  if ([strides, padding, dilations].some((list) => list.length !== rank)) {
    throw new Error("needs one stride, padding and dilation for each spatial axis");
  }
  if ([...strides, ...dilations, groups].some((n) => !Number.isInteger(n) || n < 1)) {
    throw new Error("strides, dilations and groups start at 1");
  }
  if (padding.flat().some((n) => !Number.isInteger(n) || n < 0)) {
    throw new Error("padding starts at 0");
  }
}

/**
 * Spatial output lengths: ⌊(n + p₀ + p₁ − d·(k − 1) − 1) / s⌋ + 1 for each axis.
 * Source: Dumoulin and Visin, A guide to convolution arithmetic for deep learning (2016), §5.
 */
export function outputSize(input: Shape, kernel: Shape, window: Window): Shape {
  if (input.length !== kernel.length) throw new Error("spatial ranks differ");
  checkWindow(window, input.length);
  return input.map((length, axis) => {
    const [before = 0, after = 0] = window.padding[axis] ?? [];
    const reach = (window.dilations[axis] ?? 1) * ((kernel[axis] ?? 1) - 1) + 1;
    const room = length + before + after - reach;
    if (room < 0) throw new Error(`the window does not fit spatial axis ${axis}`);
    return Math.floor(room / (window.strides[axis] ?? 1)) + 1;
  });
}

function checkChannels(channels: number, kernel: Shape, groups: number): void {
  const [perGroup = 0, filters = 0] = kernel.slice(-2);
  if (channels !== perGroup * groups) {
    throw new Error(`${channels} channels are not ${groups} groups of ${perGroup}`);
  }
  if (filters % groups !== 0) throw new Error(`${filters} filters do not split into ${groups}`);
}

function spatial(shape: Shape): Shape {
  return shape.slice(1, -1);
}

/** x [N, ...in, C], w [...k, C/groups, F] → [N, ...out, F]. */
export function convolveShape(x: Shape, w: Shape, window: Window): Shape {
  checkChannels(x.at(-1) ?? 0, w, window.groups);
  return [x[0] ?? 0, ...outputSize(spatial(x), w.slice(0, -2), window), w.at(-1) ?? 0];
}

/** δ [N, ...out, F], w [...k, C/groups, F] → [N, ...inputSize, C]. */
export function convolveInputShape(
  delta: Shape,
  w: Shape,
  window: Operations["convolveInput"],
): Shape {
  const channels = (w.at(-2) ?? 0) * window.groups;
  const result = [delta[0] ?? 0, ...window.inputSize, channels];
  if (convolveShape(result, w, window).join() !== delta.join()) {
    throw new Error(`input size [${window.inputSize}] does not give that cotangent`);
  }
  return result;
}

/** x [N, ...in, C], δ [N, ...out, F] → [...kernelSize, C/groups, F]. */
export function convolveFilterShape(
  x: Shape,
  delta: Shape,
  window: Operations["convolveFilter"],
): Shape {
  const result = [...window.kernelSize, (x.at(-1) ?? 0) / window.groups, delta.at(-1) ?? 0];
  if (convolveShape(x, result, window).join() !== delta.join()) {
    throw new Error(`kernel size [${window.kernelSize}] does not give that cotangent`);
  }
  return result;
}
