import { describe, expect, test } from "vitest";

import { diffOf, type Edit, folded, sideBySide } from "./diff";

const line = (lines: readonly string[], place: number | null) => lines[place ?? -1] ?? "";

const written = (edits: readonly Edit[], left: string[], right: string[]) =>
  edits.map((edit) => (edit.kind === "same" ? ` ${line(left, edit.left)}` : edit.kind === "removed" ? `-${line(left, edit.left)}` : `+${line(right, edit.right)}`));

function check(left: string[], right: string[]) {
  const { edits } = diffOf(left, right);
  expect(edits.filter((edit) => edit.left !== null).map((edit) => line(left, edit.left))).toEqual(left);
  expect(edits.filter((edit) => edit.right !== null).map((edit) => line(right, edit.right))).toEqual(right);
  for (const edit of edits) if (edit.kind === "same") expect(line(left, edit.left)).toBe(line(right, edit.right));
  return edits.filter(({ kind }) => kind !== "same").length;
}

/** The length of the longest common subsequence, by the plain rule. */
function common(left: readonly string[], right: readonly string[]): number {
  let row = new Array<number>(right.length + 1).fill(0);
  for (const each of left) {
    const above = row;
    row = [0];
    right.forEach((other, place) => row.push(each === other ? (above[place] ?? 0) + 1 : Math.max(above[place + 1] ?? 0, row[place] ?? 0)));
  }
  return row[right.length] ?? 0;
}

describe("the differences of two texts", () => {
  test("are what was removed and what was added", () => {
    const [left, right] = [["a", "b", "c"], ["a", "x", "c", "d"]];
    expect(written(diffOf(left, right).edits, left, right)).toEqual([" a", "-b", "+x", " c", "+d"]);
  });
  test("are none of equal texts, and everything of a text and none", () => {
    expect(check(["a", "b"], ["a", "b"])).toBe(0);
    expect(check([], ["a"])).toBe(1);
    expect(check(["a"], [])).toBe(1);
    expect(check([], [])).toBe(0);
  });
  test("are as few as there can be, of any texts", () => {
    let seed = 7;
    const random = (most: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * most);
    };
    for (let round = 0; round < 200; round += 1) {
      const make = () => Array.from({ length: random(14) }, () => "abcd".charAt(random(4)));
      const [left, right] = [make(), make()];
      expect(check(left, right)).toBe(left.length + right.length - 2 * common(left, right));
    }
  });
  test("of texts that differ too much stand one after the other, between what is equal", () => {
    const [left, right] = [["same", "1", "2", "3"], ["same", "4", "5", "6"]];
    const diff = diffOf(left, right, 3);
    expect(diff.aligned).toBe(false);
    expect(written(diff.edits, left, right)).toEqual([" same", "-1", "-2", "-3", "+4", "+5", "+6"]);
    expect(diffOf(left, right, 6).aligned).toBe(true);
  });
});

test("side by side, removed lines stand beside the added ones", () => {
  const rows = sideBySide(diffOf(["a", "b", "c"], ["a", "x", "y", "c"]).edits);
  expect(rows.map(({ left, right }) => [left, right])).toEqual([[0, 0], [1, 1], [null, 2], [2, 3]]);
});

test("long equal stretches are folded, and the lines beside a difference stay", () => {
  const lines = Array.from({ length: 20 }, (_, line) => `line ${line}`);
  const parts = folded(diffOf(lines, [...lines.slice(0, 10), "new", ...lines.slice(10)]).edits, 2);
  expect(parts.map((part) => ("hidden" in part ? part.hidden.length : part.kind))).toEqual([8, "same", "same", "added", "same", "same", 8]);
});
