import { expect, test } from "vitest";

import { smooth } from "./smoothing";

test("what is constant stays exactly so", () => {
  expect(smooth([0.1, 0.1, 0.1, 0.1], 0.99)).toEqual([0.1, 0.1, 0.1, 0.1]);
});

test("the beginning is not pulled to zero", () => {
  expect(smooth([10, 20], 0.5)[0]).toBe(10);
  expect(smooth([10, 20], 0.5)[1]).toBeCloseTo((0.25 * 10 + 0.5 * 20) / 0.75, 12);
});

test("without a weight nothing changes, and gaps stay gaps", () => {
  expect(smooth([1, null, 3], 0)).toEqual([1, null, 3]);
  expect(smooth([2, null, 2], 0.9)).toEqual([2, null, 2]);
});
