import { describe, expect, test } from "vitest";

import { type Brush, type Brushes, brushBetween, holds, passes, spansOf, withBrush } from "./brushing";
import { scaleOf } from "./scales";

const linear = scaleOf([0, 100], "linear");
const words = scaleOf(["adam", "lion", "sgd"], "category");

describe("a brush", () => {
  test("of numbers holds its ends, and written numbers", () => {
    const brush: Brush = { least: 1, most: 2 };
    expect([1, 2, "1.5", 2.1, null, "adam"].map((value) => holds(brush, value))).toEqual([true, true, true, false, false, false]);
  });
  test("of categories holds those that were chosen", () => {
    expect(["adam", "sgd", null].map((value) => holds(["adam"], value))).toEqual([true, false, false]);
  });
  test("is between two places, in either order", () => {
    expect(brushBetween(linear, 0.75, 0.25)).toEqual({ least: 25, most: 75 });
  });
  test("that goes to the ends of the axis holds the outermost values, whatever the rounding", () => {
    const scale = scaleOf([0.1, 0.7], "log");
    const brush = brushBetween(scale, -0.5, 3);
    expect(brush && [0.1, 0.7].every((value) => holds(brush, value))).toBe(true);
  });
  test("of categories is of those between the places, and nothing where there are none", () => {
    expect(brushBetween(words, 0, 0.6)).toEqual(["adam", "lion"]);
    expect(brushBetween(words, 0.2, 0.4)).toBeNull();
    expect(brushBetween(words, 0.5, 0.5)).toBeNull();
  });
});

describe("several brushes", () => {
  const brushes: Brushes = { lr: { least: 0, most: 1 }, optimizer: ["adam"] };
  const run = (values: Record<string, string | number | null>) => passes(brushes, (axis) => values[axis]);
  test("leave what all of them hold", () => {
    expect(run({ lr: 0.5, optimizer: "adam" })).toBe(true);
    expect(run({ lr: 2, optimizer: "adam" })).toBe(false);
    expect(run({ lr: 0.5, optimizer: "sgd" })).toBe(false);
  });
  test("leave out what has no value on a brushed axis", () => {
    expect(run({ lr: null, optimizer: "adam" })).toBe(false);
  });
  test("come and go one by one", () => {
    expect(withBrush(withBrush({}, "lr", { least: 0, most: 1 }), "lr", null)).toEqual({});
    expect(Object.keys(withBrush(brushes, "depth", { least: 1, most: 2 }))).toEqual(["lr", "optimizer", "depth"]);
  });
});

describe("what a brush covers", () => {
  test("is cut at the ends of the axis", () => {
    expect(spansOf(linear, { least: -50, most: 50 })).toEqual([[0, 0.5]]);
    expect(spansOf(linear, { least: 200, most: 300 })).toEqual([]);
  });
  test("leaves categories between the chosen ones out", () => {
    expect(spansOf(words, ["sgd", "adam"])).toHaveLength(2);
    expect(spansOf(words, ["lion", "adam"])).toHaveLength(1);
  });
  test("is nothing for categories that are not there", () => {
    expect(spansOf(words, ["rmsprop"])).toEqual([]);
  });
});
