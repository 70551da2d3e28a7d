import { expect, test } from "vitest";

import { entriesOf, folderOf } from "./folders";

test("two folders come together: folders first, then files both have, then the others", () => {
  const left = [{ path: "b.txt", is_dir: false, file_size: 1 }, { path: "a.txt", is_dir: false, file_size: 2 }, { path: "sub", is_dir: true }];
  const right = [{ path: "b.txt", is_dir: false, file_size: 3 }, { path: "c.txt", is_dir: false }, { path: "sub", is_dir: true }];
  expect(entriesOf(left, right).map(({ path, side }) => [path, side])).toEqual([["sub", "both"], ["b.txt", "both"], ["a.txt", "left"], ["c.txt", "right"]]);
});

test("a file and a folder of one name are not the same", () => {
  expect(entriesOf([{ path: "x", is_dir: true }], [{ path: "x", is_dir: false }])[0]?.side).toBe("left");
});

test("a path shows the folder it lies in, and a folder itself", () => {
  expect(["", "a.txt", "sub/", "sub/a.txt", "x/y/"].map(folderOf)).toEqual(["", "", "sub", "sub", "x/y"]);
});
