import { expect, test } from "vitest";

import { contextAt, fieldOf, keyOption, valueOption, wordsFor } from "./complete";

/** The context at the bar. */
const at = (text: string) => contextAt(text.replace("|", ""), text.indexOf("|"));
const labels = (text: string) => wordsFor(at(text)).map((option) => option.label);

test.each([
  ["|", "field"],
  ["metr|", "field"],
  ["NOT (|", "field"],
  ["metrics.rmse |", "operator"],
  ["metrics.rmse <|", "operator"],
  ["metrics.rmse < |", "value"],
  ["metrics.rmse < 0.5|", "value"],
  ["metrics.rmse < 0.5 |", "joint"],
  ["metrics.rmse < 0.5 AND |", "field"],
  ["params.a IN |", "list-open"],
  ["params.a IN (|", "list"],
  ["params.a IN ('x'|", "list"],
  ["params.a IN ('x' |", "list-next"],
  ["params.a NOT IN ('x', |", "list"],
  ["params.a IN ('x') |", "joint"],
  ["metrics.a BETWEEN 1 |", "between-and"],
  ["metrics.a BETWEEN 1 AND |", "value"],
  ["metrics.a BETWEEN 1 AND 2 |", "joint"],
  ["tags.t IS |", "null"],
  ["tags.t IS NOT NULL |", "joint"],
  ["(status = 'FAILED' OR |", "field"],
  ["(status = 'FAILED') |", "joint"],
])("at %s a %s follows", (text, state) => {
  expect(at(text).state).toBe(state);
});

test("the field of the comparison is known at its value, with its quotes undone", () => {
  expect(at("metrics.a > 1 AND params.`val/x` = '|").field).toEqual({ kind: "params", key: "val/x" });
  expect(at("status = |").field).toEqual({ kind: "attributes", key: "status" });
});

test("what is typed is replaced as a whole, and said up to the caret", () => {
  expect(at("params.al|pha = '1'")).toMatchObject({ from: 0, to: 12, typed: "params.al" });
  expect(at("params.a = 'ad|")).toMatchObject({ from: 11, to: 14, typed: "'ad" });
});

test("names are read as the server reads them", () => {
  expect(fieldOf("metric.loss.min")).toEqual({ kind: "metrics", key: "loss" });
  expect(fieldOf("metrics.`loss.min`")).toEqual({ kind: "metrics", key: "loss.min" });
  expect(fieldOf('params."x y"')).toEqual({ kind: "params", key: "x y" });
  expect(fieldOf("params.`open")).toEqual({ kind: "params", key: "open" });
  expect(fieldOf("run_name")).toEqual({ kind: "attributes", key: "run_name" });
});

test("numbers and texts take different operators", () => {
  expect(labels("metrics.rmse |")).toContain("BETWEEN");
  expect(labels("metrics.rmse |")).not.toContain("LIKE");
  expect(labels("params.a |")).toEqual(expect.arrayContaining(["LIKE", "IN (", "IS NULL"]));
  expect(labels("start_time |")).toContain(">");
});

test("AND and OR follow a comparison", () => {
  expect(labels("metrics.rmse < 1 |")).toEqual(["AND", "OR"]);
  expect(labels("metrics.rmse < 1 o|")).toEqual(["OR"]);
});

test("the statuses are proposed", () => {
  expect(labels("status = 'F|")).toEqual(["FINISHED", "FAILED"]);
});

test("keys and values are written with the quotes they need", () => {
  expect(keyOption("metrics", "val/loss", 1)).toEqual({ insert: "metrics.`val/loss` ", label: "metrics.val/loss", hint: "1 run" });
  expect(valueOption("it's", 2, "value").insert).toBe("'it''s' ");
  expect(valueOption("x", 2, "list").insert).toBe("'x'");
});
