import { expect, test } from "vitest";

import { moved, nearestAxis } from "./order";

test("an axis moves to the right and to the left", () => {
  expect(moved(["a", "b", "c", "d"], 0, 2)).toEqual(["b", "c", "a", "d"]);
  expect(moved(["a", "b", "c", "d"], 3, 1)).toEqual(["a", "d", "b", "c"]);
});

test("beyond the ends is at the ends, and what is not there stays away", () => {
  expect(moved(["a", "b"], 0, 9)).toEqual(["b", "a"]);
  expect(moved(["a", "b"], 1, -3)).toEqual(["b", "a"]);
  expect(moved(["a", "b"], 7, 0)).toEqual(["a", "b"]);
});

test("the nearest axis is found, and how far it is", () => {
  expect(nearestAxis(130, [0, 100, 200])).toEqual({ axis: 1, away: 30 });
  expect(nearestAxis(130, [])).toEqual({ axis: -1, away: Infinity });
});
