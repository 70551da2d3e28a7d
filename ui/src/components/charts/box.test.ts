import { describe, expect, test } from "vitest";

import { binsOf, boxOf, groupsOf, NO_VALUE, quantile } from "./box";

describe("a box", () => {
  test("has quarters between neighbours, as NumPy has them", () => {
    expect([0.25, 0.5, 0.75].map((share) => quantile([1, 2, 3, 4], share))).toEqual([1.75, 2.5, 3.25]);
  });
  test("has whiskers that end at values, and leaves what lies far out", () => {
    const box = boxOf([1, 2, 3, 4, 5, 100]);
    expect(box).toMatchObject({ count: 6, lowest: 1, highest: 100, median: 3.5, whiskers: [1, 5] });
    expect(box?.mean).toBeCloseTo(115 / 6);
  });
  test("of one value is that value, and of none there is none", () => {
    expect(boxOf([7])).toMatchObject({ quarter: 7, median: 7, threeQuarters: 7, whiskers: [7, 7] });
    expect(boxOf([])).toBeNull();
  });
  test("does not depend on the order", () => {
    expect(boxOf([3, 1, 2])).toEqual(boxOf([1, 2, 3]));
  });
});

describe("groups", () => {
  test("are of equal values, numbers by size, and what is missing is last", () => {
    expect(groupsOf(["16", "128", "16", null, "32"])).toEqual([
      { name: "16", members: [0, 2] },
      { name: "32", members: [4] },
      { name: "128", members: [1] },
      { name: NO_VALUE, members: [3] },
    ]);
  });
  test("of many numbers are stretches of equally many", () => {
    const groups = groupsOf(Array.from({ length: 60 }, (_, place) => String(60 - place)));
    expect(groups).toHaveLength(6);
    expect(groups.map(({ members }) => members.length)).toEqual([10, 10, 10, 10, 10, 10]);
    expect(groups[0]?.name).toBe("1 – 10");
  });
});

describe("bins", () => {
  test("hold every number once, the greatest too", () => {
    const bins = binsOf([0, 1, 2, 3, null, 4], 4);
    expect(bins.map(({ members }) => members)).toEqual([[0], [1], [2], [3, 5]]);
    expect([bins[0]?.least, bins[3]?.most]).toEqual([0, 4]);
  });
  test("of equal numbers are one, and of none are none", () => {
    expect(binsOf([5, 5])).toEqual([{ least: 5, most: 5, members: [0, 1] }]);
    expect(binsOf([null])).toEqual([]);
  });
});
