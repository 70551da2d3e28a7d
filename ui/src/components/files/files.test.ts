import { describe, expect, it } from "vitest";

import { seriesOf } from "./gallery";
import { BigNumber, firstOpen, jsonRows, parseJson } from "./json-tree";
import { foldersOf, join, sorted } from "./store";
import { blocks, visible } from "./text";
import { type Folder, treeFind, treeMove, treeRows } from "./tree";

const file = (path: string, file_size = 1) => ({ path, is_dir: false, file_size });
const folder = (path: string) => ({ path, is_dir: true });

describe("the tree of files", () => {
  const folders = new Map<string, Folder>([
    ["", { files: [folder("a"), folder("z"), file("note.txt", 5)] }],
    ["a", { files: [folder("a/b"), file("a/x")] }],
    ["a/b", { wait: true }],
  ]);
  const rows = treeRows(folders, new Set(["a", "a/b"]));

  it("has the open folders with what is in them, and a place for what is on its way", () => {
    expect(rows.map((row) => [row.depth, row.kind, row.name])).toEqual([
      [0, "folder", "a"],
      [1, "folder", "b"],
      [2, "wait", ""],
      [1, "file", "x"],
      [0, "folder", "z"],
      [0, "file", "note.txt"],
    ]);
    expect(rows[5]).toMatchObject({ size: 5, place: 3, siblings: 3 });
  });

  it("is moved in with arrows as trees are", () => {
    expect(treeMove(rows, 0, "ArrowRight")).toEqual({ go: 1 });
    expect(treeMove(rows, 3, "ArrowLeft")).toEqual({ go: 0 });
    expect(treeMove(rows, 0, "ArrowLeft")).toEqual({ toggle: "a" });
    expect(treeMove(rows, 4, "ArrowRight")).toEqual({ toggle: "z" });
    expect(treeMove(rows, 5, "ArrowDown")).toEqual({ go: 5 });
    expect(treeMove(rows, 5, "Enter")).toEqual({ choose: "note.txt" });
    expect(treeMove(rows, 2, "Enter")).toBeNull();
    expect(treeMove(rows, 0, "q")).toBeNull();
    expect(treeFind(rows, 0, "n")).toBe(5);
    expect(treeFind(rows, 0, "q")).toBe(0);
  });

  it("sorts folders first and numbers by their value", () => {
    expect(sorted([file("step10"), file("step9"), folder("zoo")]).map((each) => each.path)).toEqual(["zoo", "step9", "step10"]);
  });

  it("holds 10,000 files of a folder", () => {
    const many = Array.from({ length: 10_000 }, (_, place) => file(`f${place}`));
    expect(treeRows(new Map([["", { files: many }]]), new Set())).toHaveLength(10_000);
  });

  it("knows the folders above a path", () => {
    expect(foldersOf("a/b/c")).toEqual(["a", "a/b"]);
    expect(foldersOf("a")).toEqual([]);
    expect(join("", "a")).toBe("a");
    expect(join("a", "b")).toBe("a/b");
  });
});

describe("slices of a text", () => {
  it("become whole lines with their numbers", () => {
    expect(blocks(["one\ntw", "o\nthree\n", "four\n"])).toEqual([
      { first: 1, lines: ["one"] },
      { first: 2, lines: ["two", "three"] },
      { first: 4, lines: ["four"] },
    ]);
  });

  it("may be within one line, and keep line ends of every kind together", () => {
    expect(blocks(["aaa", "bbb", "c"])).toEqual([{ first: 1, lines: ["aaabbbc"] }]);
    expect(blocks(["one\r", "\ntwo\rthree"])).toEqual([{ first: 1, lines: ["one", "two", "three"] }]);
    expect(blocks([])).toEqual([]);
  });

  it("show what cannot be seen", () => {
    expect(visible("a\u202eb\u0007\tc\n")).toBe("a\\u202eb\\u0007\tc\n");
    expect(visible("naïve 日本")).toBe("naïve 日本");
  });
});

describe("JSON as a tree", () => {
  it("shows what is open, with counts, types and pointers", () => {
    const value = parseJson('{"a/b": [1, null], "s": "x", "t": true}');
    expect(jsonRows(value, new Set([""]), new Map()).map((row) => [row.path, row.name, row.text])).toEqual([
      ["", null, "{3}"],
      ["/a~1b", "a/b", "[2]"],
      ["/s", "s", '"x"'],
      ["/t", "t", "true"],
    ]);
    expect(jsonRows(value, new Set(["", "/a~1b"]), new Map()).filter((row) => row.depth === 2).map((row) => row.type)).toEqual(["number", "null"]);
  });

  it("shows long lists a part at a time", () => {
    const rows = jsonRows(Array.from({ length: 250 }, (_, place) => place), new Set([""]), new Map([["", 200]]));
    expect(rows).toHaveLength(202);
    expect(rows.at(-1)).toMatchObject({ kind: "more", text: "50 more", path: "" });
  });

  it("keeps numbers that JavaScript would round, and takes __proto__ for a key like others", () => {
    const value = parseJson('{"n": 12345678901234567890, "m": 1.5, "__proto__": {"x": 1}}') as Record<string, unknown>;
    expect(value.n).toBeInstanceOf(BigNumber);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(jsonRows(value as never, new Set([""]), new Map()).map((row) => row.text)).toEqual(["{3}", "12345678901234567890", "1.5", "{1}"]);
    expect(firstOpen(value as never).has("/__proto__")).toBe(true);
    expect(() => parseJson("NaN")).toThrow(SyntaxError);
  });
});

describe("a folder of images", () => {
  it("has series where only a step differs", () => {
    const found = seriesOf(["loss_10.png", "loss_9.png", "cat.png", "dog_1.jpg"].map((path) => file(`plots/${path}`)));
    expect(found.series.map((each) => [each.name, each.steps.map((step) => step.step)])).toEqual([["loss_#.png", [9, 10]]]);
    expect(found.others.map((each) => each.path)).toEqual(["plots/cat.png", "plots/dog_1.jpg"]);
  });
});
