import { expect, test } from "vitest";

import { isAlike, isNear, lengthWith, placeIn, spotAt, topAt, windowsOf } from "./windows";

test("the first window is asked for while nothing is known", () => {
  expect(windowsOf({ first: 0, last: 0 }, 0)).toEqual([0]);
});

test("windows hold what is seen and some rows around it", () => {
  expect(windowsOf({ first: 0, last: 30 }, 100_000)).toEqual([0]);
  expect(windowsOf({ first: 120, last: 150 }, 100_000)).toEqual([0, 1]);
  expect(windowsOf({ first: 140, last: 160 }, 100_000)).toEqual([1]);
  expect(windowsOf({ first: 99_980, last: 99_999 }, 100_000)).toEqual([999]);
});

test("places behind the end ask for the last window", () => {
  expect(windowsOf({ first: 500, last: 540 }, 120)).toEqual([1]);
});

test("a place is in one window", () => {
  expect(placeIn(0)).toEqual({ window: 0, at: 0 });
  expect(placeIn(99_999)).toEqual({ window: 999, at: 99 });
});

test("a far jump waits, a few rows do not", () => {
  expect(isNear({ first: 0, last: 30 }, { first: 40, last: 70 })).toBe(true);
  expect(isNear({ first: 0, last: 30 }, { first: 5000, last: 5030 })).toBe(false);
});

const branches = [
  { at: 1, rows: ["a", "b"] },
  { at: 3, rows: ["c"] },
];

test("rows below an open one follow it and push the others down", () => {
  const seen = Array.from({ length: lengthWith(5, branches) }, (_, place) => {
    const spot = spotAt(place, branches);
    return "row" in spot ? spot.row : spot.top;
  });
  expect(seen).toEqual([0, 1, "a", "b", 2, 3, "c", 4]);
});

test("every place is at or below a row of the table", () => {
  expect(Array.from({ length: 8 }, (_, place) => topAt(place, branches))).toEqual([0, 1, 1, 1, 2, 3, 3, 4]);
});

test("an open row without rows changes nothing", () => {
  expect(spotAt(2, [{ at: 1, rows: [] }])).toEqual({ top: 2 });
});

test("ranges that need the same windows are alike", () => {
  expect(isAlike({ first: 140, last: 160 }, { first: 130, last: 169 })).toBe(true);
  expect(isAlike({ first: 140, last: 160 }, { first: 140, last: 170 })).toBe(false);
  expect(isAlike({ first: 140, last: 160 }, { first: 129, last: 160 })).toBe(false);
});
