import { expect, test } from "vitest";

import type { Series } from "../../../wire/types";
import { pointsOf } from "../api/compare-runs";
import { linesOf, steppedBack } from "./lines";

const SERIES: Series = { run_id: "r", metric: "loss", total: 3, steps: [0, 1, 2], timestamps: [300, 100, 200], values: [1, "NaN", 3] };
const LOOKS = { label: (id: string) => id, stroke: (id: string) => (id === "r" ? { color: "#112233", dash: [] } : undefined) };

test("a line has its points in the order of its axis, and gaps for what is no number", () => {
  expect(linesOf([SERIES], "step", 0, LOOKS)[0]).toMatchObject({ x: [0, 1, 2], y: [1, null, 3], raw: undefined });
  expect(linesOf([SERIES], "time", 0, LOOKS)[0]).toMatchObject({ x: [100, 200, 300], y: [null, 3, 1] });
  expect(linesOf([SERIES], "relative", 0, LOOKS)[0]).toMatchObject({ x: [0, 100, 200] });
});

test("a smoothed line has what was logged behind it", () => {
  expect(linesOf([SERIES], "step", 0.5, LOOKS)[0]?.raw).toEqual([1, null, 3]);
});

test("a run that is not shown has no line", () => {
  expect(linesOf([{ ...SERIES, run_id: "other" }], "step", 0, LOOKS)).toEqual([]);
});

test("a line that steps back keeps its hue and its dash", () => {
  expect(steppedBack({ color: "#112233", dash: [2] })).toEqual({ color: "#11223326", dash: [2] });
});

test("together lines have no more points than can be seen, and each has enough", () => {
  expect(pointsOf(3, 6)).toBe(500);
  expect(pointsOf(200, 4)).toBe(150);
  expect(pointsOf(1000, 4)).toBe(60);
});
