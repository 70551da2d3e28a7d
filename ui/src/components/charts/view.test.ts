import { describe, expect, test } from "vitest";

import { nearest } from "./nearest";
import { trace } from "./path";
import { pointRows } from "./point-rows";
import type { Line } from "./types";
import { marksOf, viewOf } from "./view";

const line = (key: string, x: number[], y: (number | null)[]): Line => ({ key, label: key, x, y, stroke: { color: "#000", dash: [] } });

function traced(x: number[], y: (number | null)[]) {
  const strokes: string[] = [];
  const pen = { moveTo: (left: number, top: number) => strokes.push(`M${left} ${top}`), lineTo: (left: number, top: number) => strokes.push(`L${left} ${top}`) };
  const alone = trace(pen, { x, y, first: 0, end: x.length, toX: (value) => value, toY: (value) => value });
  return { strokes, alone };
}

describe("a line", () => {
  test("goes from point to point", () => {
    expect(traced([0, 1, 2], [5, 4, 3])).toEqual({ strokes: ["M0 5", "L1 4", "L2 3"], alone: [] });
  });

  test("has a gap at null, and a dot where a point stands alone", () => {
    expect(traced([0, 1, 2, 3, 4], [5, 6, null, 3, null])).toEqual({ strokes: ["M0 5", "L1 6"], alone: [[3, 3]] });
  });

  test("of many points in one column of pixels keeps the lowest and the highest", () => {
    const x = Array.from({ length: 1000 }, (_, place) => place / 1000);
    const y = x.map((_, place) => (place === 300 ? 90 : place === 600 ? -90 : 0));
    const { strokes } = traced(x, y);
    expect(strokes.length).toBeLessThan(10);
    expect(strokes.some((stroke) => stroke.endsWith(" 90"))).toBe(true);
    expect(strokes.some((stroke) => stroke.endsWith(" -90"))).toBe(true);
  });
});

describe("a view", () => {
  test("shows what is constant in the middle", () => {
    const { y } = viewOf({ lines: [line("a", [0, 1], [0.1, 0.1])] }, null);
    expect((y.range.least + y.range.most) / 2).toBeCloseTo(0.1, 12);
  });

  test("follows the values of the range that was chosen", () => {
    const { x, y } = viewOf({ lines: [line("a", [0, 1, 2, 3], [100, 1, 2, 50])] }, { least: 1, most: 2 });
    expect(x.scale).toEqual([1, 2]);
    expect(y.range.most).toBeLessThan(3);
  });

  test("ends with the data where the range is open", () => {
    const lines = [line("a", [5, 6, 7], [1, 2, 3])];
    expect(viewOf({ lines }, { least: 6, most: Infinity }).x.scale).toEqual([6, 7]);
    expect(viewOf({ lines, logX: true }, { least: 0, most: 6 }).x.range.least).toBeCloseTo(5, 12);
  });

  test("on a log axis says what it leaves out", () => {
    const { x, notes } = viewOf({ lines: [line("a", [0, 1, 100], [1, 2, 3])], logX: true }, null);
    expect(x.log).toBe(true);
    expect(notes).toEqual(["1 point at x ≤ 0 not shown."]);
  });

  test("has no log axis where nothing is above zero, and says so", () => {
    const { y, notes } = viewOf({ lines: [line("a", [0, 1], [-1, 0])], logY: true }, null);
    expect(y.log).toBe(false);
    expect(notes).toEqual(["No y is above 0, so its axis is not logarithmic."]);
  });

  test("puts marks of a log axis at their logarithms", () => {
    const { y } = viewOf({ lines: [line("a", [0, 1], [1, 1000])], logY: true }, null);
    expect(marksOf(y, 4)).toEqual({ at: [0, 1, 2, 3], texts: ["1", "10", "100", "1000"] });
  });

  test("of nothing has axes nevertheless", () => {
    const { x, y, notes } = viewOf({ lines: [], logX: true, logY: true }, null);
    expect([x.scale.every(Number.isFinite), y.scale.every(Number.isFinite), notes]).toEqual([true, true, []]);
  });
});

describe("the nearest point", () => {
  const lines = [line("low", [0, 10], [0, 0]), line("high", [0, 10], [100, 100])];
  const place = { x: 9, left: 9, toLeft: (value: number) => value, toTop: (value: number) => value };

  test("is on the line that is near in both directions", () => {
    expect(nearest(lines, { ...place, top: 80 })).toMatchObject({ line: { key: "high" }, x: 10, y: 100 });
    expect(nearest(lines, { ...place, top: 20 })).toMatchObject({ line: { key: "low" }, x: 10, y: 0 });
  });

  test("passes over gaps", () => {
    expect(nearest([line("gap", [0, 9, 10], [1, null, null])], { ...place, top: null })).toMatchObject({ x: 0, y: 1 });
    expect(nearest([line("none", [], [])], { ...place, top: null })).toBeNull();
  });
});

test("the table of a chart has a row for each x, and the values before they were smoothed", () => {
  const smoothed = { ...line("b", [1, 1, 3], [9, 9, 9]), raw: [5, 6, 7] };
  expect(pointRows([line("a", [1, 2], [10, null]), smoothed])).toEqual([
    { x: 1, y: [10, 5] },
    { x: 1, y: [null, 6] },
    { x: 2, y: [null, null] },
    { x: 3, y: [null, 7] },
  ]);
});
