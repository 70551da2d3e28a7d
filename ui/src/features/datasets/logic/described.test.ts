import { describe, expect, test } from "vitest";

import { columnsOf, loadingSnippet, namedVersion, parsed, shownJson } from "./described";
import { readersFilter } from "./filter";
import { chunked, found, rowsOf } from "./rows";

describe("a schema", () => {
  test("of columns has their names and types", () => {
    const schema = parsed('{"mlflow_colspec": [{"type": "double", "name": "x", "required": true}, {"type": "long", "required": false}]}');
    expect(columnsOf(schema)).toEqual([
      { part: "", name: "x", type: "double", required: true },
      { part: "", name: "#2", type: "long", required: false },
    ]);
  });
  test("of tensors has their shapes, and says to which part they belong", () => {
    const features = JSON.stringify([{ type: "tensor", "tensor-spec": { dtype: "float64", shape: [-1, 2] } }]);
    expect(columnsOf({ mlflow_tensorspec: { features, targets: null } })).toEqual([{ part: "features", name: "#1", type: "float64 [-1,2]", required: true }]);
  });
  test("of another form is not a table", () => {
    expect(columnsOf(parsed('{"fields": []}'))).toBeNull();
    expect(columnsOf(parsed("not JSON"))).toBeNull();
  });
});

test("short values stay on one line", () => {
  expect(shownJson([4, 2])).toBe("[4,2]");
  expect(shownJson({ a: "x".repeat(80) })).toContain("\n");
});

test("a dataset is loaded from where it came from, or asked of the run that read it", () => {
  expect(loadingSnippet("r", "d", "http", { url: "https://h/a.csv" })).toContain('HttpSource("https://h/a.csv").load()');
  expect(loadingSnippet("r", "d", "local", { uri: 'a"b.csv' })).toContain('UriSource("a\\"b.csv", "local")');
  expect(loadingSnippet("r", "d", "code", { tags: {} })).toContain('get_run("r")');
  expect(loadingSnippet("r", "d", "datasets", { uri: "datasets:/raw.csv:v0" })).toContain('use_dataset("raw.csv:v0")');
});

test("a version of a named dataset is told by its source", () => {
  expect(namedVersion({ uri: "datasets:/raw.csv:v12" })).toBe("raw.csv:v12");
  expect(namedVersion({ uri: "datasets:/raw.csv" })).toBeNull();
  expect(namedVersion({ uri: "s3://bucket/raw.csv:v1" })).toBeNull();
  expect(namedVersion(null)).toBeNull();
});

test("a filter holds names as they are", () => {
  expect(readersFilter("it's", "d1")).toBe("dataset.name = 'it''s' AND dataset.digest = 'd1'");
});

describe("the list", () => {
  const rows = rowsOf([
    { experiment_id: "1", name: "wine", digest: "b", context: "train" },
    { experiment_id: "2", name: "wine", digest: "b", context: "eval" },
    { experiment_id: "2", name: "wine", digest: "b", context: "train" },
    { experiment_id: "2", name: "iris", digest: "a", context: null },
  ]);
  test("has each dataset once, with all that is known of it", () => {
    expect(rows).toEqual([
      { name: "iris", digest: "a", contexts: [], experiments: ["2"] },
      { name: "wine", digest: "b", contexts: ["train", "eval"], experiments: ["1", "2"] },
    ]);
  });
  test("is searched by name, digest and context", () => {
    expect(["WIN", "eval", "a", "zz", ""].map((wanted) => found(rows, wanted).length)).toEqual([1, 1, 2, 0, 2]);
  });
});

test("chunks hold everything once", () => {
  expect(chunked([1, 2, 3, 4, 5], 2)).toEqual([[1, 2], [3, 4], [5]]);
  expect(chunked([], 2)).toEqual([]);
});
