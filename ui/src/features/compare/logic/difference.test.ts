import { describe, expect, test } from "vitest";

import { bestPlaces, differenceOf, differenceText, seemsLower } from "./difference";

function text(value: number, baseline: number): string | null {
  const difference = differenceOf(value, baseline, true);
  return difference && differenceText(difference);
}

describe("the difference to the baseline", () => {
  test("has a sign and a share of the baseline", () => {
    expect(text(1.1, 1)).toBe("+0.1 (+10%)");
    expect(text(0.5, 1)).toBe("−0.5 (−50%)");
    expect(text(1, 1)).toBe("=");
  });
  test("of a negative baseline has the sign of the change", () => {
    expect(text(-1, -2)).toBe("+1 (+50%)");
  });
  test("of zero has no share", () => {
    expect(text(0.25, 0)).toBe("+0.25");
  });
  test("is better or worse by the direction", () => {
    expect(differenceOf(1, 2, true)?.better).toBe(true);
    expect(differenceOf(1, 2, false)?.better).toBe(false);
    expect(differenceOf(2, 2, false)?.better).toBeNull();
  });
  test("is none where one of them is no number", () => {
    expect(differenceOf("NaN", 1, true)).toBeNull();
    expect(differenceOf(1, null, true)).toBeNull();
  });
});

describe("the best", () => {
  test("is the least or the greatest, and may be several", () => {
    expect([...bestPlaces([3, 1, 1, null], true)]).toEqual([1, 2]);
    expect([...bestPlaces([3, 1, "NaN"], false)]).toEqual([0]);
  });
  test("is none where all are equal or only one has a value", () => {
    expect(bestPlaces([2, 2], true).size).toBe(0);
    expect(bestPlaces([2, null], true).size).toBe(0);
  });
});

test("names of metrics tell which direction is better", () => {
  expect(["loss", "val_loss", "trainLoss", "RMSE", "eval/mae", "train_time"].map(seemsLower)).toEqual([true, true, true, true, true, true]);
  expect(["accuracy", "f1", "glossary", "auc"].map(seemsLower)).toEqual([false, false, false, false]);
});
