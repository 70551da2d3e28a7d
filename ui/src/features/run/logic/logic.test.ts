import { describe, expect, test } from "vitest";

import type { Series } from "../../../wire/types";
import { found, sorted } from "./facts";
import { grouped, matching, metricsOf } from "./groups";
import { lineOf, notesOf, placesOf, valueOf } from "./lines";
import { stepRows } from "./steps";

const stroke = { color: "#000", dash: [] };
const series = (metric: string, steps: number[], values: Series["values"], total = values.length): Series => ({
  run_id: "r",
  metric,
  total,
  steps,
  timestamps: steps.map((step) => 1000 + step * 10),
  values,
});

describe("groups", () => {
  test("are by prefix, and what is alone comes together", () => {
    expect(grouped(["acc", "lone/x", "train/a", "train/b"])).toEqual([
      { prefix: "", metrics: ["acc", "lone/x"] },
      { prefix: "train", metrics: ["train/a", "train/b"] },
    ]);
  });

  test("are searched by words in any order", () => {
    expect(matching(["train/loss", "val/loss"], "LOSS tr")).toEqual(["train/loss"]);
  });

  test("keep what was measured of the machine apart, in the order of people", () => {
    const keys = ["m10", "m2", "system/cpu"];
    expect(metricsOf(keys, false)).toEqual(["m2", "m10"]);
    expect(metricsOf(keys, true)).toEqual(["system/cpu"]);
  });
});

describe("lines", () => {
  test("of three points are three points", () => {
    expect(lineOf(series("loss", [0, 1, 2], [0.9, 0.4, 0.3]), "step", 0, stroke)).toEqual({ key: "loss", label: "loss", x: [0, 1, 2], y: [0.9, 0.4, 0.3], stroke });
  });

  test("have the raw values behind what was smoothed", () => {
    const line = lineOf(series("lr", [0, 1], [0.1, 0.1]), "step", 0.9, stroke);
    expect([line.y, line.raw]).toEqual([[0.1, 0.1], [0.1, 0.1]]);
  });

  test("have gaps where a value is no number, and say so", () => {
    const odd = series("m", [0, 1, 2, 3], [1, "NaN", Number.MAX_VALUE, -Number.MAX_VALUE], 2000);
    expect(lineOf(odd, "step", 0, stroke).y).toEqual([1, null, null, null]);
    expect(notesOf(odd)).toEqual(["1 × NaN", "1 × Infinity", "1 × -Infinity", "4 of 2,000 points"]);
    expect(valueOf(0.5)).toBe(0.5);
  });

  test("lie on the axis that was asked for", () => {
    const one = series("m", [5, 6], [1, 2]);
    expect(placesOf(one, "time")).toEqual([1050, 1060]);
    expect(placesOf(one, "relative")).toEqual([0, 10]);
  });
});

test("the step table has a row a step, and the last value where a step has several", () => {
  const rows = stepRows([series("a", [2, 1, 1], [20, 10, 11]), series("b", [2], ["NaN"])]);
  expect(rows.map((row) => [row.step, row.values.get("a"), row.values.get("b")])).toEqual([[1, 11, undefined], [2, 20, "NaN"]]);
});

describe("facts", () => {
  const cells = (row: readonly (string | number | null)[]) => row;
  const rows = [["lr", "1e-3"], ["layers", "12"], ["name", "x"], ["none", null]] as const;

  test("are found by any of their cells", () => {
    expect(found(rows, cells, "LAY 12").map((row) => row[0])).toEqual(["layers"]);
  });

  test("are ordered by number before text, and by name as people do", () => {
    expect(sorted(rows, cells, { column: 1, descending: false }).map((row) => row[0])).toEqual(["lr", "layers", "name", "none"]);
    expect(sorted(rows, cells, { column: 1, descending: true }).map((row) => row[0])).toEqual(["name", "layers", "lr", "none"]);
    expect(sorted([["p10", 1], ["p9", 1]], cells, { column: 0, descending: false }).map((row) => row[0])).toEqual(["p9", "p10"]);
  });
});
