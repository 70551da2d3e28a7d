import { describe, expect, test } from "vitest";

import { isMissing, isNumeric, kindOf, numberOf, roomy, scaleOf } from "./scales";

describe("values", () => {
  test("params that are written numbers are numbers, and other texts are not", () => {
    expect(["0.5", " 3 ", "1e-4", "", "abc", "NaN", "Infinity", null, true].map(numberOf)).toEqual([0.5, 3, 1e-4, null, null, null, null, null, null]);
  });
  test("a word for nothing is missing, and zero and false are not", () => {
    expect([null, undefined, "", "None", "NaN", Number.NaN, 0, false, "0"].map(isMissing)).toEqual([true, true, true, true, true, true, false, false, false]);
  });
  test("a column is numeric where all that is there is a number", () => {
    expect(isNumeric(["1", null, "None", 2])).toBe(true);
    expect(isNumeric(["1", "auto"])).toBe(false);
    expect(isNumeric([null, "None"])).toBe(false);
    expect(isNumeric([0.5, "Infinity"])).toBe(true);
  });
});

describe("the kind of a scale", () => {
  test("is logarithmic over two powers of ten above zero", () => {
    expect(kindOf(["0.0001", "0.01"])).toBe("log");
    expect(kindOf([1, 50])).toBe("linear");
    expect(kindOf([0, 1000])).toBe("linear");
    expect(kindOf([-1, 1000])).toBe("linear");
  });
  test("is of categories for words", () => {
    expect(kindOf(["adam", "sgd"])).toBe("category");
  });
});

describe("a scale", () => {
  test("puts numbers between its ends, and back", () => {
    const scale = scaleOf([10, 20], "linear");
    expect(scale.place(15)).toBeCloseTo(0.5);
    expect(scale.value(0.25)).toBeCloseTo(12.5);
  });
  test("of a logarithm has equal steps for equal ratios, and no place for what is not above zero", () => {
    const scale = scaleOf([0.01, 1, 0], "log");
    expect(scale.place(0.1)).toBeCloseTo(0.5);
    expect(scale.value(0.5)).toBeCloseTo(0.1);
    expect(scale.place(0)).toBeNull();
  });
  test("of one value has it in the middle", () => {
    expect(scaleOf([3, 3], "linear").place(3)).toBeCloseTo(0.5);
    expect(scaleOf([0], "linear").place(0)).toBeCloseTo(0.5);
    expect(scaleOf([8], "log").place(8)).toBeCloseTo(0.5);
  });
  test("has no place for what is missing", () => {
    expect(scaleOf([1, 2], "linear").place("None")).toBeNull();
    expect(scaleOf(["a"], "category").place(null)).toBeNull();
  });
  test("of categories sorts numbers in them as numbers", () => {
    const scale = scaleOf(["v10", "v2", "v2"], "category");
    expect(scale.categories).toEqual(["v2", "v10"]);
    expect([scale.place("v2"), scale.place("v10")]).toEqual([0.25, 0.75]);
    expect([scale.value(0), scale.value(0.99), scale.value(7)]).toEqual([0, 1, 1]);
  });
  test("of words stays one of categories whatever was asked for", () => {
    expect(scaleOf(["adam", "sgd"], "log").kind).toBe("category");
  });
  test("of negative numbers cannot be logarithmic", () => {
    expect(scaleOf([-5, -1], "log").kind).toBe("linear");
  });
  test("marks no more categories than there is room for", () => {
    const scale = scaleOf(Array.from({ length: 100 }, (_, place) => `c${place}`), "category");
    expect(scale.marks(10)).toHaveLength(10);
  });
  test("with room keeps values off its ends, and still finds them", () => {
    const scale = roomy(scaleOf([0, 1], "linear"), 0.1);
    expect(scale.place(0)).toBeCloseTo(0.1 / 1.2);
    expect(scale.value(scale.place(0.3) ?? 0)).toBeCloseTo(0.3);
  });
});
