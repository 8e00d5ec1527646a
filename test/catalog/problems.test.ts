/** What each generated problem is: its inputs, its balance, and where its information lies. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dataset } from "#catalog/dataset.ts";
import { generate } from "#catalog/datasets.ts";
import type { Tensor } from "#engine/tensor.ts";

const rowOf = (x: Tensor, row: number) => {
  const width = x.data.length / (x.shape[0] ?? 1);
  return x.data.subarray(row * width, (row + 1) * width);
};

/** Examples of each class. */
function countsOf(y: Tensor, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of y.data) counts[label] = (counts[label] ?? 0) + 1;
  return counts;
}

/** Share of test examples whose nearest training example has their label. */
function nearestNeighbour({ xTrain, yTrain, xTest, yTest }: Dataset): number {
  let right = 0;
  for (let i = 0; i < yTest.data.length; i++) {
    const row = rowOf(xTest, i);
    let best = Number.POSITIVE_INFINITY;
    let label = -1;
    for (let j = 0; j < yTrain.data.length; j++) {
      const other = rowOf(xTrain, j);
      let distance = 0;
      for (let k = 0; k < row.length; k++) distance += ((row[k] ?? 0) - (other[k] ?? 0)) ** 2;
      if (distance < best) {
        best = distance;
        label = yTrain.data[j] ?? -1;
      }
    }
    if (label === yTest.data[i]) right++;
  }
  return right / yTest.data.length;
}

test("wedge has normal inputs, four balanced classes and no linear information", () => {
  const { xTrain, yTrain, classes } = generate({ type: "wedge", train: 40_000, test: 1 });
  assert.equal(classes, 4);
  for (const count of countsOf(yTrain, 4)) assert.ok(Math.abs(count / 40_000 - 0.25) < 0.01);
  const means = Array.from({ length: 4 }, () => new Float64Array(20));
  let squares = 0;
  for (let i = 0; i < 40_000; i++) {
    rowOf(xTrain, i).forEach((value, j) => {
      const sums = means[yTrain.data[i] ?? 0] as Float64Array;
      sums[j] = (sums[j] ?? 0) + value / 10_000;
      squares += value * value;
    });
  }
  assert.ok(Math.abs(squares / 800_000 - 1) < 0.01);
  // A class mean away from zero would be linear information; its standard error is 0.01.
  for (const mean of means) assert.ok(mean.every((value) => Math.abs(value) < 0.05));
});

/**
 * For two-dimensional inputs, the farthest that the doubled angle of a point lies from the mean
 * doubled angle of its label: opposite points count as one, whatever the hidden plane's rotation.
 */
function doubledAngleSpread(x: Tensor, y: Tensor): number {
  const angles = new Map<number, number[]>();
  y.data.forEach((label, i) => {
    const [a = 0, b = 0] = rowOf(x, i);
    angles.set(label, [...(angles.get(label) ?? []), Math.atan2(2 * a * b, a * a - b * b)]);
  });
  const spreads = [...angles.values()].map((list) => {
    const sum = (part: (angle: number) => number) =>
      list.reduce((total, angle) => total + part(angle), 0);
    const middle = Math.atan2(sum(Math.sin), sum(Math.cos));
    const away = (angle: number) =>
      Math.abs(Math.atan2(Math.sin(angle - middle), Math.cos(angle - middle)));
    return Math.max(...list.map(away));
  });
  return Math.max(...spreads);
}

test("in the plane, wedge's classes are the quadrants of the doubled angle", () => {
  const { xTrain, yTrain } = generate({ type: "wedge", train: 4000, test: 1, dimension: 2 });
  const spread = doubledAngleSpread(xTrain, yTrain);
  assert.ok(Math.abs(spread - Math.PI / 4) < 0.05, `${spread}`);
});

test("parity's target is the product of its first bits", () => {
  for (const bits of [1, 2, 3]) {
    const { xTrain, yTrain } = generate({ type: "parity", bits, dimension: 5 });
    assert.deepEqual(yTrain.shape, [300, 1]);
    for (let i = 0; i < 300; i++) {
      const row = rowOf(xTrain, i);
      assert.ok(row.every((value) => Math.abs(value) === 1));
      assert.equal(
        yTrain.data[i],
        [...row.subarray(0, bits)].reduce((product, x) => product * x, 1),
      );
    }
  }
});

test("xor is balanced, and in the plane its targets are halves of the doubled angle", () => {
  const { xTrain, yTrain, task } = generate({ type: "xor", train: 4000, test: 1, dimension: 2 });
  assert.equal(task, "regression");
  assert.deepEqual([...new Set(yTrain.data)].sort(), [-1, 1]);
  const sum = [...yTrain.data].reduce((total, y) => total + y, 0);
  assert.ok(Math.abs(sum / 4000) < 0.05);
  const spread = doubledAngleSpread(xTrain, yTrain);
  assert.ok(Math.abs(spread - Math.PI / 2) < 0.06, `${spread}`);
});

test("a teacher's targets have mean 0 and variance 1, its classes are none of them empty", () => {
  const { yTrain } = generate({ type: "teacher", train: 20_000, test: 1, targets: 2 });
  assert.deepEqual(yTrain.shape, [20_000, 2]);
  const mean = [...yTrain.data].reduce((sum, y) => sum + y, 0) / 40_000;
  const variance = [...yTrain.data].reduce((sum, y) => sum + y * y, 0) / 40_000;
  assert.ok(Math.abs(mean) < 0.1 && Math.abs(variance - 1) < 0.15, `${mean} ${variance}`);
  const labelled = generate({ type: "teacher", task: "classification", train: 4000, classes: 5 });
  assert.equal(labelled.classes, 5);
  for (const count of countsOf(labelled.yTrain, 5)) assert.ok(count > 300);
});

test("spirals can be told apart by neighbours, and their classes are balanced", () => {
  const dataset = generate({ type: "spirals", train: 2000, test: 300, classes: 3 });
  assert.deepEqual(dataset.xTrain.shape, [2000, 2]);
  for (const count of countsOf(dataset.yTrain, 3)) assert.ok(Math.abs(count - 667) < 100);
  assert.ok(nearestNeighbour(dataset) > 0.85);
});

test("clusters that are far apart are told apart, and those without distance are not", () => {
  const sharp = generate({ type: "clusters", train: 400, test: 200, separation: 10 });
  assert.ok(nearestNeighbour(sharp) > 0.98);
  const blurred = generate({ type: "clusters", train: 400, test: 400, separation: 0 });
  assert.ok(Math.abs(nearestNeighbour(blurred) - 0.25) < 0.1);
});

test("shapes lie wholly inside images between 0 and 1, and their areas differ", () => {
  const { xTrain, yTrain, classNames } = generate({
    type: "shapes",
    train: 600,
    test: 1,
    classes: 6,
    noise: 0,
    size: 24,
  });
  assert.deepEqual(xTrain.shape, [600, 24, 24, 1]);
  assert.deepEqual(classNames, ["circle", "square", "triangle", "cross", "ring", "bar"]);
  assert.ok(xTrain.data.every((pixel) => pixel >= 0 && pixel <= 1));
  const area = new Float64Array(6);
  for (let i = 0; i < 600; i++) {
    const pixels = rowOf(xTrain, i);
    const label = yTrain.data[i] ?? 0;
    area[label] = (area[label] ?? 0) + pixels.filter((pixel) => pixel > 0.3).length;
    const edge = [...pixels.subarray(0, 24), ...pixels.subarray(24 * 23)];
    assert.ok(edge.filter((pixel) => pixel > 0.5).length < 12, "a shape lies inside its image");
    assert.ok(Math.max(...pixels) >= 0.55, "a shape is seen");
  }
  const [circle = 0, square = 0, triangle = 0] = area;
  assert.ok(circle > square && square > triangle);
});

test("a repeat is exactly a first token that occurs again", () => {
  const { xTrain, yTrain, classes } = generate({ type: "tokens", train: 1000 });
  assert.equal(classes, 2);
  for (let i = 0; i < 1000; i++) {
    const row = [...rowOf(xTrain, i)];
    assert.ok(row.every((token) => token >= 0 && token < 16));
    assert.equal(row.slice(1).includes(row[0] ?? -1) ? 1 : 0, yTrain.data[i]);
  }
  assert.ok(Math.abs((countsOf(yTrain, 2)[0] ?? 0) - 500) < 80);
});

test("a majority is the one token that leads", () => {
  for (const length of [4, 16, 65]) {
    const { xTrain, yTrain } = generate({
      type: "tokens",
      rule: "majority",
      train: 300,
      length,
      vocabulary: 5,
    });
    for (let i = 0; i < 300; i++) {
      const counts = countsOf({ dtype: "int32", shape: [], data: rowOf(xTrain, i) }, 5);
      const top = Math.max(...counts);
      assert.deepEqual(
        [counts.indexOf(top), counts.lastIndexOf(top)],
        [yTrain.data[i], yTrain.data[i]],
      );
    }
  }
});

test("an induction's class is the token that followed the earlier copy of the last one", () => {
  const { xTrain, yTrain, classes } = generate({ type: "tokens", rule: "induction", train: 500 });
  assert.equal(classes, 16);
  for (let i = 0; i < 500; i++) {
    const row = [...rowOf(xTrain, i)];
    const earlier = row.indexOf(row.at(-1) ?? -1);
    assert.ok(earlier < row.length - 2);
    assert.equal(row[earlier + 1], yTrain.data[i]);
  }
});

test("without noise, a spiral's points lie on the arm of their class", () => {
  const turns = 2.5;
  const { xTrain, yTrain } = generate({ type: "spirals", turns, noise: 0, classes: 3 });
  for (let i = 0; i < 1000; i++) {
    const [x = 0, y = 0] = rowOf(xTrain, i);
    const radius = Math.hypot(x, y);
    const angle = 2 * Math.PI * (turns * radius + (yTrain.data[i] ?? 0) / 3);
    assert.ok(Math.hypot(x - radius * Math.cos(angle), y - radius * Math.sin(angle)) < 1e-5);
  }
});
