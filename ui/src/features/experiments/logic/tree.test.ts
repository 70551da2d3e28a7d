import { expect, test } from "vitest";

import { linesOf, shortName, treeOf } from "./tree";

const named = (...names: string[]) => names.map((name, place) => ({ name, runs: place + 1, last_activity: 100 - place }));
const drawn = (names: string[], folded: string[] = []) =>
  linesOf(treeOf(named(...names)), new Set(folded)).map((line) => `${"  ".repeat(line.depth)}${line.kind === "folder" ? `${line.folder.title}/ ${line.folder.count}` : line.item.name}`);

test("names without slashes make no folders", () => {
  expect(drawn(["b", "a"])).toEqual(["b", "a"]);
});

test("names that share a folder are in it, at any depth", () => {
  expect(drawn(["a/b/one", "a/b/two", "a/three", "four"])).toEqual(["a/ 3", "  b/ 2", "    a/b/one", "    a/b/two", "  a/three", "four"]);
});

test("a name that is alone in its folder stays whole", () => {
  expect(drawn(["wide/alone", "other"])).toEqual(["wide/alone", "other"]);
});

test("a folder has the runs and the last activity of all that is in it", () => {
  const root = treeOf(named("x", "a/b/one", "a/b/two", "a/three"));
  expect(root.folders[0]).toMatchObject({ path: "a", runs: 9, lastActivity: 99, count: 3 });
  expect(root.runs).toBe(10);
});

test("what is in a folded folder is not seen", () => {
  expect(drawn(["a/b/one", "a/b/two", "a/three"], ["a/b"])).toEqual(["a/ 3", "  b/ 2", "  a/three"]);
});

test("folders and experiments are in the order of their last activity", () => {
  expect(drawn(["first", "a/one", "second", "a/two"])).toEqual(["first", "a/ 2", "  a/one", "  a/two", "second"]);
});

test("slashes at an end, at the start and doubled lose nobody", () => {
  const names = ["a/", "/a", "a//b", "a//c", "/", "//"];
  const lines = linesOf(treeOf(named(...names)), new Set());
  expect(lines.flatMap((line) => (line.kind === "item" ? [line.item.name] : [])).sort()).toEqual([...names].sort());
});

test("the short name is what follows the folder", () => {
  expect(shortName("a/b/one", "a/b")).toBe("one");
  expect(shortName("a/b/one", "")).toBe("a/b/one");
});
