import { expect, test } from "vitest";

import type { RunRows } from "../../../wire/types";
import { askedOf } from "./asked";
import { groupFilter, lineIn, linesBelow } from "./lines";
import { ALL, extended, isSelected, toggled } from "./selection";

const rows = (ids: string[], total = ids.length): RunRows => ({ total, run_ids: ids, children: ids.map(() => 1), columns: {} });

test("what is below an open run is drawn depth first", () => {
  const branches = new Map([["root", rows(["a", "b"])], ["a", rows(["a1"])], ["a1", rows(["a2"])]]);
  expect(linesBelow("root", 1, branches).map((line) => `${line.kind === "run" ? line.depth : ""}${line.id}`)).toEqual(["1a", "2a1", "3a2", "1b"]);
});

test("a line of a page is the same object every time", () => {
  const page = rows(["a", "b"]);
  expect(lineIn(page, 1)).toMatchObject({ kind: "run", id: "b" });
  expect(lineIn(page, 1)).toBe(lineIn(page, 1));
  expect(lineIn(rows(["a", "b"]), 1)).not.toBe(lineIn(page, 1));
  expect(lineIn(page, 2)).toBeUndefined();
});

test("runs that are each other's parents end", () => {
  const branches = new Map([["a", rows(["b"])], ["b", rows(["a"])]]);
  expect(linesBelow("a", 1, branches).map((line) => line.id)).toEqual(["b", "a"]);
});

test("what was not fetched is told of", () => {
  expect(linesBelow("root", 1, new Map([["root", rows(["a"], 1500)]])).at(-1)).toMatchObject({ kind: "more", text: expect.stringContaining("1,499") as string });
});

test("a group's runs are found by what they have in common", () => {
  expect(groupFilter("", ["params.opt"], ["adam"])).toBe("params.opt = 'adam'");
  expect(groupFilter("a = 1 OR b = 2", ["tags.a b", "attributes.status"], ["it's", null])).toBe("(a = 1 OR b = 2) AND tags.`a b` = 'it''s' AND attributes.status IS NULL");
});

const view = { experiments: ["1"], filter: "", sort: null, group: [], aggregate: "mean" as const, stage: "active" as const, flat: false };

test("only without a filter and groups are children below their parents", () => {
  expect(askedOf(view, []).asked).toMatchObject({ roots_only: true });
  expect(askedOf({ ...view, filter: "metrics.a < 1" }, []).asked).not.toHaveProperty("roots_only");
  expect(askedOf({ ...view, stage: "deleted" }, []).asked).toMatchObject({ view_type: "DELETED_ONLY" });
});

test("groups are asked for with the metrics that are shown, and sorted by them", () => {
  const grouped = { ...view, group: ["params.opt"], sort: { name: "metrics.loss", descending: false } };
  expect(askedOf(grouped, ["metrics.loss", "params.lr"]).groups).toMatchObject({ aggregates: ["mean(metrics.loss)", "stddev(metrics.loss)"], order_by: ["mean(metrics.loss) ASC"] });
  expect(askedOf(grouped, ["params.lr"]).groups?.order_by).toEqual([]);
});

test("other columns are the same rows", () => {
  expect(askedOf(view, ["params.a"]).rows).toBe(askedOf(view, ["params.b"]).rows);
  expect(askedOf(view, []).rows).not.toBe(askedOf({ ...view, stage: "all" }, []).rows);
});

test("giving up one of all that match leaves those that are loaded", () => {
  expect(toggled([ALL], "b", ["a", "b", "c"])).toEqual(["a", "c"]);
  expect(toggled(["a"], "b", [])).toEqual(["a", "b"]);
  expect(extended(["a"], ["a", "b"])).toEqual(["a", "b"]);
  expect(isSelected([ALL], "whatever")).toBe(true);
});
