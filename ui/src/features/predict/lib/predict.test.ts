import { describe, expect, it } from "vitest";

import type { ModelCard } from "../../../wire/types";
import { parseCsv, toCsv } from "./csv";
import { exampleRows, rowsOf } from "./example";
import { type Binding, feedsOf, tableOf, tableOfReply } from "./feeds";
import { type Field, fieldsOf, readField, readRow, textOf } from "./fields";
import { fileRows } from "./file-rows";

const card = (inputs: ModelCard["inputs"]): ModelCard => ({ is_model: true, path: "", inputs });
const fields = fieldsOf(
  card([
    { name: "alcohol", type: "double" },
    { name: "sugar", type: "double", required: false },
    { name: "count", type: "long" },
    { name: "color", type: "string" },
    { name: "dry", type: "boolean" },
  ]),
);
const texts = { alcohol: "9.4", sugar: "", count: "3", color: "red", dry: "true" };

describe("a form from a signature", () => {
  it("has a kind of field for each type", () => {
    expect(fields.map((field) => field.kind)).toEqual(["number", "number", "whole", "text", "choice"]);
    expect(fieldsOf(card([{ name: "t", type: "Array(double)" }]))[0]?.kind).toBe("json");
  });

  it("has a field for each value of a short tensor, and one of JSON for others", () => {
    expect(fieldsOf(card([{ name: "0", type: "float64", shape: [-1, 3] }])).map((field) => field.name)).toEqual(["x0", "x1", "x2"]);
    expect(fieldsOf(card([{ name: "image", type: "float32", shape: [-1, 2, 2] }]))).toEqual([{ name: "image", type: "float32", kind: "json", required: true, shape: [2, 2] }]);
  });

  it("reads rows, and names the field that is wrong", () => {
    expect(readRow(fields, texts)).toEqual({ row: { alcohol: 9.4, sugar: null, count: 3, color: "red", dry: true }, wrong: {} });
    const { wrong } = readRow(fields, { alcohol: "", sugar: "much", count: "1.5", color: "", dry: "maybe" });
    expect(wrong).toEqual({
      alcohol: "Type a number for alcohol.",
      sugar: 'sugar is a number, not "much".',
      count: 'count is a whole number, not "1.5".',
      color: "Type a text for color.",
      dry: 'dry is true or false, not "maybe".',
    });
  });

  it("refuses whole numbers that a browser would round, and lists of another shape", () => {
    expect(readField(fields[2] as Field, "9007199254740993")).toMatchObject({ wrong: expect.stringContaining("count") as string });
    const tensor: Field = { name: "t", type: "float32", kind: "json", required: true, shape: [2, -1] };
    expect(readField(tensor, "[[1],[2,3]]")).toEqual({ value: [[1], [2, 3]] });
    expect(readField(tensor, "[[1]]")).toEqual({ wrong: "t has a list of 1 where the model takes 2." });
    expect(readField(tensor, "[1, 2]")).toEqual({ wrong: "t has fewer levels of lists than the model takes." });
  });

  it("begins with the example, in whatever form it was saved", () => {
    const row = { alcohol: 9.4, sugar: 1, count: 3, color: "red", dry: true };
    const split = { dataframe_split: { columns: Object.keys(row), data: [Object.values(row), Object.values(row)] } };
    expect(exampleRows(split, fields)).toEqual([row, row]);
    expect(exampleRows({ inputs: [Object.values(row)] }, fields)).toEqual([row]);
    expect(exampleRows([row], fields)).toEqual([row]);
    expect(exampleRows(row, fields)).toEqual([row]);
    expect(rowsOf({ alcohol: [1, 2], count: [3, 4] }, fields)).toEqual([{ alcohol: 1, count: 3 }, { alcohol: 2, count: 4 }]);
    expect(exampleRows(null, fields)).toEqual([]);
    expect(textOf(fields[0] as Field, 0.1)).toBe("0.1");
  });
});

describe("a file of rows", () => {
  it("is CSV with commas, semicolons or tabs, and quotes", () => {
    expect(parseCsv('a,"b ""x"", y"\r\n1,"two\nlines"\r\n')).toEqual({ columns: ["a", 'b "x", y'], rows: [["1", "two\nlines"]] });
    expect(parseCsv("\ufeffa;b\n1,5;\n")).toEqual({ columns: ["a", "b"], rows: [["1,5", ""]] });
    expect(parseCsv("a\tb\n1\t2")).toEqual({ columns: ["a", "b"], rows: [["1", "2"]] });
    expect(() => parseCsv('a,b\n"1,2\n3,4')).toThrow("line 2");
    expect(() => parseCsv("a,b\n1,2\n3\n")).toThrow("Row 2 has 1 values");
    expect(() => parseCsv("")).toThrow("empty");
  });

  it("may lack optional columns and numbers, and is told of by row and field else", () => {
    expect(fileRows("x.csv", "dry,color,count,alcohol\n0,red,3,\n", fields)).toEqual([{ alcohol: null, sugar: null, count: 3, color: "red", dry: false }]);
    expect(() => fileRows("x.csv", "alcohol,color,dry\n1,red,0\n", fields)).toThrow("no column count");
    expect(() => fileRows("x.csv", "alcohol,color,dry,count\n1,red,0,1\n1,red,0,\n", fields)).toThrow("Row 2: Type a number for count.");
  });

  it("may be JSON of the same rows", () => {
    const row = { alcohol: 9.4, count: 3, color: "red", dry: true };
    expect(fileRows("x.json", JSON.stringify([row]), fields)).toEqual([{ ...row, sugar: null }]);
    expect(() => fileRows("x.json", "[", fields)).toThrow("no JSON");
    expect(() => fileRows("x.json", JSON.stringify([{ ...row, count: "many" }]), fields)).toThrow("Row 1: count is a whole number");
  });

  it("is written so that a spreadsheet runs nothing of it", () => {
    expect(toCsv(["a", "b"], [["=1+1", -3], ['say "x"', null], ["-4", "@me"]])).toBe(`a,b\r\n'=1+1,-3\r\n"say ""x""",\r\n-4,'@me\r\n`);
  });
});

describe("rows as inputs of a graph", () => {
  const rows = [readRow(fields, texts).row, readRow(fields, { ...texts, alcohol: "10" }).row];

  it("are bound by names, in the graph's order, with NaN for numbers that are missing", () => {
    const binding: Binding = {
      inputs: [
        { name: "numbers", type: "float32", shape: [-1, 3], columns: ["sugar", "alcohol", "dry"] },
        { name: "color", type: "str", shape: [-1, 1], columns: ["color"] },
        { name: "count", type: "int64", shape: [-1], columns: ["count"] },
      ],
      output: { name: "label" },
    };
    const feeds = feedsOf(binding, fields, rows);
    expect(feeds.numbers).toEqual({ type: "float32", data: new Float32Array([Number.NaN, 9.4, 1, Number.NaN, 10, 1]), dims: [2, 3] });
    expect(feeds.color).toEqual({ type: "string", data: ["red", "red"], dims: [2, 1] });
    expect(feeds.count).toEqual({ type: "int64", data: new BigInt64Array([3n, 3n]), dims: [2] });
  });

  it("are bound by places, and tensors by what is nested in them", () => {
    const places: Binding = { inputs: [{ name: "in", type: "float64", shape: [-1, 2], columns: [2, 0] }], output: { name: "y" } };
    expect(feedsOf(places, fields, rows).in?.data).toEqual(new Float64Array([3, 9.4, 3, 10]));
    const whole: Binding = { inputs: [{ name: "in", type: "float32", shape: [-1, 2, 2] }], output: { name: "y" } };
    const tensor = fieldsOf(card([{ name: "t", type: "float32", shape: [-1, 2, 2] }]));
    expect(feedsOf(whole, tensor, [{ t: [[1, 2], [3, 4]] }]).in).toEqual({ type: "float32", data: new Float32Array([1, 2, 3, 4]), dims: [1, 2, 2] });
  });

  it("are refused by the name of what is missing", () => {
    const binding: Binding = { inputs: [{ name: "n", type: "int64", shape: [-1, 1], columns: ["count"] }], output: { name: "y" } };
    expect(() => feedsOf(binding, fields, [{ count: 1 }, { count: null }])).toThrow("Row 2: count is missing");
    expect(() => feedsOf({ ...binding, inputs: [{ name: "n", type: "float32", shape: [-1, 1], columns: ["gone"] }] }, fields, rows)).toThrow("no field gone");
  });
});

describe("predictions", () => {
  it("are those of the output, with the highest probability", () => {
    const outputs = { label: { dims: [2], data: ["bad", "good"] }, probabilities: { dims: [2, 2], data: new Float32Array([0.75, 0.25, 0.5, 0.5]) } };
    expect(tableOf({ inputs: [], output: { name: "label" } }, outputs, 2)).toEqual({ columns: ["prediction", "probability"], rows: [["bad", 0.75], ["good", 0.5]] });
  });

  it("may be a column of it, or several with names", () => {
    const outputs = { y: { dims: [2, 2], data: new BigInt64Array([1n, 2n, 3n, 4n]) } };
    expect(tableOf({ inputs: [], output: { name: "y", column: 1 } }, outputs, 2).rows).toEqual([[2], [4]]);
    expect(tableOf({ inputs: [], output: { name: "y" }, form: { type: "int64", dimensions: 2, columns: ["a", "b"] } }, outputs, 2)).toEqual({ columns: ["a", "b"], rows: [[1, 2], [3, 4]] });
  });

  it("come from the server in its own forms", () => {
    expect(tableOfReply([6.016])).toEqual({ columns: ["prediction"], rows: [[6.016]] });
    expect(tableOfReply([[1, 2]])).toEqual({ columns: ["prediction 0", "prediction 1"], rows: [[1, 2]] });
    expect(tableOfReply([{ a: 1, b: [2] }])).toEqual({ columns: ["a", "b"], rows: [[1, "[2]"]] });
  });
});
