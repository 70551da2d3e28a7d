import { expect, test } from "vitest";

import { mistakeIn, tokenize } from "./tokens";

test("tokens have their kinds and places", () => {
  expect(tokenize("metrics.`a b`.min>=-1e-3 AND (x IN ('it''s',2))").map(({ kind, text }) => `${kind} ${text}`)).toEqual([
    "name metrics.`a b`.min", "operator >=", "number -1e-3", "name AND", "open (", "name x", "name IN", "open (", "string 'it''s'", "comma ,", "number 2", "close )", "close )",
  ]);
});

test("a quote that is still open reaches to the end", () => {
  expect(tokenize("params.a = 'x AND").at(-1)).toEqual({ kind: "string", text: "'x AND", start: 11, end: 17 });
  expect(tokenize("params.`x = ").at(-1)?.text).toBe("params.`x = ");
});

test("signs that mean nothing are tokens too, and no text is lost", () => {
  const text = "a # & ; ü.b == 'c'";
  expect(tokenize(text).map((token) => token.text).join("")).toBe(text.replaceAll(" ", ""));
});

test("the server's place is the place of the mistake, as wide as the word there", () => {
  const text = "metrics.rmse < 0.5 ANDD params.a = '1'";
  expect(mistakeIn("Invalid clause(s) in filter string: 'ANDD' at character 20: expected AND or OR\n  …\n  ^", text)).toEqual({ start: 19, end: 23 });
});

test("a place at the end marks the last character", () => {
  expect(mistakeIn("Invalid clause(s) in filter string: '' at character 15: expected a value", "metrics.rmse <")).toEqual({ start: 13, end: 14 });
});

test("messages without a place are looked up by the word they quote", () => {
  expect(mistakeIn("Invalid attribute key 'statuss' specified. Valid keys are ['status']", "statuss = 'x'")).toEqual({ start: 0, end: 7 });
  expect(mistakeIn("Expected numeric value type for metric. Found 'x'", "metrics.a < 'x'")).toEqual({ start: 12, end: 15 });
  expect(mistakeIn("The server cannot be reached.", "metrics.a < 1")).toBeNull();
});
