import { expect, test } from "vitest";

import { toCsv } from "./csv";

test("numbers and texts are as they are, and nothing is where nothing is", () => {
  expect(toCsv(["a", "b", "c"], [[1.5, "x", null], [-2e-9, true, undefined]])).toBe("a,b,c\r\n1.5,x,\r\n-2e-9,true,\r\n");
});

test("separators, quotes and line ends are quoted", () => {
  expect(toCsv(['say "hi"'], [["a,b"], ["two\nlines"]])).toBe('"say ""hi"""\r\n"a,b"\r\n"two\nlines"\r\n');
});

test("no text is a formula, and numbers below zero stay numbers", () => {
  expect(toCsv(["m"], [["=cmd()"], ["@x"], ["-Infinity"], [-1]])).toBe("m\r\n'=cmd()\r\n'@x\r\n-Infinity\r\n-1\r\n");
});
