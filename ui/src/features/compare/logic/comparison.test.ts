import { describe, expect, test } from "vitest";

import { firstAxes } from "./axes";
import { comparisonOf, differs, distinct, numericColumns, varying } from "./comparison";
import { sortedRuns } from "./sorting";

const COMPARED = comparisonOf({
  runs: {
    total: 3,
    run_ids: ["r1", "r2", "r3"],
    children: [0, 0, 0],
    columns: {
      "attributes.run_name": ["one", "", "three"],
      "attributes.status": ["FINISHED", "RUNNING", "FINISHED"],
      "attributes.start_time": [5, null, 7],
      "params.lr": ["0.1", "0.01", null],
      "params.seed": ["1", "1", "1"],
      "params.optimizer": ["adam", "sgd", "adam"],
      "metrics.loss": [0.5, 0.25, "NaN"],
      "metrics.same": [1, 1, 1],
      "tags.team": ["a", "a", "b"],
      "tags.mlflow.runName": ["one", "two", "three"],
    },
  },
  metrics: ["loss"],
  series: [{ run_id: "r1", metric: "loss", total: 1, steps: [0], timestamps: [5], values: [0.5] }],
});

describe("a comparison", () => {
  test("names runs without a name by their id", () => {
    expect(COMPARED.runs.map(({ name, start }) => [name, start])).toEqual([["one", 5], ["r2", null], ["three", 7]]);
  });
  test("knows in what runs differ, what one of them lacks too", () => {
    expect(varying(COMPARED, "params")).toEqual(["lr", "optimizer"]);
    expect(varying(COMPARED, "tags")).toEqual(["team"]);
    expect(differs([null, undefined])).toBe(false);
  });
  test("leaves out tags that are shown as something else", () => {
    expect(COMPARED.keys.tags).toEqual(["team"]);
  });
  test("knows which columns are numbers, what varies first", () => {
    expect(numericColumns(COMPARED)).toEqual(["metrics.loss", "params.lr", "metrics.same", "params.seed"]);
  });
  test("keeps the series by metric", () => {
    expect(COMPARED.series.get("loss")?.map(({ run_id }) => run_id)).toEqual(["r1"]);
  });
  test("counts distinct values without what is missing", () => {
    expect(distinct(["1", 1, null, "None", "2"])).toBe(2);
  });
});

test("the axes begin with the params that vary, and end with metrics", () => {
  expect(firstAxes(COMPARED)).toEqual(["params.lr", "params.optimizer", "metrics.loss"]);
});

describe("the order of runs", () => {
  const ids = (faded: string[], sort: Parameters<typeof sortedRuns>[2]) => sortedRuns(COMPARED, new Set(faded), sort).map(({ id }) => id);
  test("has those in the brush first", () => {
    expect(ids(["r1"], null)).toEqual(["r2", "r3", "r1"]);
  });
  test("is by numbers, and what is missing is last in both directions", () => {
    expect(ids([], { key: "params.lr", descending: false })).toEqual(["r2", "r1", "r3"]);
    expect(ids([], { key: "params.lr", descending: true })).toEqual(["r1", "r2", "r3"]);
  });
});
