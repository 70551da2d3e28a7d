import { expect, test } from "vitest";

import { askedName, columnsCodec, lowerIsBetter, nameOf, nextSort, orderBy, partsOf, quotedKey, shown, sortCodec, startColumns, titleOf } from "./columns";

test("columns survive the address, whatever their keys hold", () => {
  const columns = [
    { name: "attributes.run_name", pinned: true, width: 300 },
    { name: "params.a,b!c~d%/é `q`", pinned: false, width: 77 },
    shown("best(metrics.val/loss (x))", true),
    shown("metrics.12~x"),
  ];
  expect(columnsCodec.parse(columnsCodec.format(columns))).toEqual(columns);
});

test("no columns of the address are those of the start", () => {
  expect(columnsCodec.parse("")).toBeNull();
  expect(columnsCodec.format(null)).toBe("");
});

test("a width that is the usual one is not written", () => {
  expect(columnsCodec.format([shown("params.alpha")])).toBe("params.alpha");
});

test.each(["metrics.a.b", "min(metrics.a)b)", "best(metrics.loss)", "attributes.status", "tags.mlflow.user"])("%s is read and written the same", (name) => {
  expect(nameOf(partsOf(name))).toBe(name);
});

test("the best value is the least of a loss and the greatest of an accuracy", () => {
  expect(askedName("best(metrics.val_loss)")).toBe("min(metrics.val_loss)");
  expect(askedName("best(metrics.accuracy)")).toBe("max(metrics.accuracy)");
  expect(titleOf("best(metrics.accuracy)")).toBe("accuracy (best)");
});

test.each([["rmse", true], ["valLoss", true], ["train/mae", true], ["r2", false], ["glossary", false], ["closeness", false], ["test_error", true]])("%s: lower is better is %s", (key, lower) => {
  expect(lowerIsBetter(String(key))).toBe(lower);
});

test("keys are quoted where a filter needs it", () => {
  expect(quotedKey("lr")).toBe("lr");
  expect(quotedKey("a.b_c")).toBe("a.b_c");
  expect(quotedKey("val/loss")).toBe("`val/loss`");
  expect(quotedKey("a`b")).toBe("`a``b`");
  expect(quotedKey("loss.min", "metrics")).toBe("`loss.min`");
  expect(quotedKey("loss.min", "params")).toBe("loss.min");
});

test("orders are written as the server reads them", () => {
  expect(orderBy(null)).toEqual([]);
  expect(orderBy({ name: "metrics.val/loss", descending: true })).toEqual(["metrics.`val/loss` DESC"]);
  expect(orderBy({ name: "best(metrics.val/loss)", descending: false })).toEqual(["min(metrics.val/loss) ASC"]);
  expect(orderBy({ name: "attributes.duration", descending: true })).toEqual(["attributes.duration DESC"]);
});

test("a heading sorts by the direction people look for, then the other, then not at all", () => {
  const first = nextSort(null, "metrics.rmse");
  expect(first).toEqual({ name: "metrics.rmse", descending: false });
  const second = nextSort(first, "metrics.rmse");
  expect(second).toEqual({ name: "metrics.rmse", descending: true });
  expect(nextSort(second, "metrics.rmse")).toBeNull();
  expect(nextSort(second, "metrics.acc")).toEqual({ name: "metrics.acc", descending: true });
});

test("a sort survives the address", () => {
  for (const sort of [{ name: "params.-x", descending: true }, { name: "min(metrics.a)", descending: false }, null]) {
    expect(sortCodec.parse(sortCodec.format(sort))).toEqual(sort);
  }
});

test("a table starts with time, results and what varies, and no more than people can look at", () => {
  const many = Array.from({ length: 300 }, (_, place) => `m${place}`);
  const names = startColumns(many, many, false).map((column) => column.name);
  expect(names.slice(0, 3)).toEqual(["attributes.start_time", "attributes.duration", "metrics.m0"]);
  expect(names.length).toBe(16);
  expect(startColumns([], [], true)[0]?.name).toBe("attributes.experiment_id");
});
