import { expect, test } from "vitest";

import { difference, formatDifference } from "./baseline";

const told = (value: unknown, baseline: unknown) => {
  const found = difference(value, baseline);
  return found && formatDifference(found);
};

test("differences have a sign and a share of the baseline", () => {
  expect(told(0.812, 0.8)).toBe("+0.012 (+1.5%)");
  expect(told(0.6, 0.8)).toBe("-0.2 (-25%)");
});

test("equal values say so", () => {
  expect(told(1, 1)).toBe("=");
});

test("a baseline of zero has no share", () => {
  expect(told(0.5, 0)).toBe("+0.5");
});

test("the share of a negative baseline keeps the direction", () => {
  expect(told(-1, -2)).toBe("+1 (+50%)");
});

test("what is missing or not a number has no difference", () => {
  expect(told(null, 1)).toBeNull();
  expect(told("NaN", 1)).toBeNull();
  expect(told(1, "Infinity")).toBeNull();
});
