/** From rows to the inputs of a graph, by the binding that its certificate holds; and from its outputs to predictions. */

import type { Field, Row } from "./fields";

export interface GraphInput {
  name: string;
  type: string;
  shape: number[];
  columns?: (string | number)[] | null;
}

export interface Binding {
  inputs: GraphInput[];
  output: { name: string; column?: number | null };
  form?: { type: string; dimensions: number; columns?: unknown[] | null } | null;
}

/** A tensor before the runtime has it. */
export interface Feed {
  type: string;
  data: string[] | Numbers;
  dims: number[];
}

type Numbers = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | Uint8Array | Uint16Array | BigInt64Array | BigUint64Array;

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  bool: Uint8Array,
};

/** The inputs of a graph. Throws an `Error` that names the row and the field. */
export function feedsOf(binding: Binding, fields: readonly Field[], rows: readonly Row[]): Record<string, Feed> {
  return Object.fromEntries(binding.inputs.map((input) => [input.name, feed(input, fields, rows, binding.inputs.length === 1)]));
}

function feed(input: GraphInput, fields: readonly Field[], rows: readonly Row[], alone: boolean): Feed {
  const names = namesOf(input, fields, alone);
  const values: unknown[] = [];
  rows.forEach((row, place) => {
    for (const name of names) {
      const value = row[name];
      if (Array.isArray(value)) values.push(...(value as unknown[]).flat(Infinity));
      else values.push(present(value, input.type, name, place, rows.length));
    }
  });
  const count = rows.length;
  const inner = input.shape.slice(1);
  const per = values.length / Math.max(1, count);
  const known = inner.reduce((product, size) => (size > 0 ? product * size : product), 1);
  const dims = input.shape.length > 1 ? [count, ...inner.map((size) => (size > 0 ? size : per / known))] : [values.length];
  if (dims.reduce((product, size) => product * size, 1) !== values.length || !dims.every(Number.isInteger)) {
    throw new Error(`${names.join(", ")} has ${per} values a row, which do not make ${input.shape.join(" × ")}.`);
  }
  return { ...typed(input.type, values), dims };
}

/** The fields that go into an input, in its order. */
function namesOf(input: GraphInput, fields: readonly Field[], alone: boolean): string[] {
  const all = fields.map((field) => field.name);
  if (!input.columns) return all.includes(input.name) ? [input.name] : alone ? all : absent(input.name);
  return input.columns.map((column) => (typeof column === "number" ? all[column] : all.find((name) => name === column)) ?? absent(String(column))[0] ?? "");
}

function absent(name: string): string[] {
  throw new Error(`The form has no field ${name}, which the graph needs.`);
}

/** A value, or NaN for a number that is missing and may be. */
function present(value: unknown, type: string, name: string, place: number, rows: number): unknown {
  if (value !== null && value !== undefined) return value;
  if (type.startsWith("float")) return Number.NaN;
  throw new Error(`${rows > 1 ? `Row ${place + 1}: ` : ""}${name} is missing, and the graph has no missing ${type === "str" ? "texts" : "values"} there.`);
}

function typed(type: string, values: readonly unknown[]): Pick<Feed, "type" | "data"> {
  if (type === "str") return { type: "string", data: values.map(String) };
  if (type === "int64") return { type, data: BigInt64Array.from(values, whole) };
  if (type === "uint64") return { type, data: BigUint64Array.from(values, whole) };
  const made = ARRAYS[type as keyof typeof ARRAYS];
  if (!made) throw new Error(`The graph takes ${type}, which a browser does not have.`);
  return { type, data: new made(values.map(Number)) };
}

const whole = (value: unknown) => BigInt(Math.trunc(Number(value)));

export interface Output {
  dims: readonly number[];
  data: ArrayLike<unknown>;
}

export type Cell = string | number | boolean | null;

/** Predictions as a table: a row for each of the input's. */
export interface Table {
  columns: string[];
  rows: Cell[][];
}

/** The predictions among the outputs, with the highest probability where the graph tells some. */
export function tableOf(binding: Binding, outputs: Readonly<Record<string, Output>>, count: number): Table {
  const found = outputs[binding.output.name];
  if (!found) throw new Error(`The graph has no output ${binding.output.name}.`);
  const column = binding.output.column ?? null;
  const all = lines(found, count);
  const rows = column === null ? all : all.map((line) => [line[column] ?? null]);
  const width = rows[0]?.length ?? 0;
  const columns = width === 1 ? ["prediction"] : Array.from({ length: width }, (_, place) => String(binding.form?.columns?.[place] ?? `prediction ${place}`));
  const chances = Object.entries(outputs).find(([name]) => name !== binding.output.name && name.startsWith("prob"))?.[1];
  if (!chances || width !== 1) return { columns, rows };
  const highest = lines(chances, count).map((line) => Math.max(...line.map(Number)));
  return { columns: [...columns, "probability"], rows: rows.map((line, place) => [...line, highest[place] ?? null]) };
}

function lines(output: Output, count: number): Cell[][] {
  const values = Array.from(output.data, (each): Cell => (typeof each === "bigint" ? Number(each) : (each as Cell)));
  const per = count ? values.length / count : 0;
  return Array.from({ length: count }, (_, place) => values.slice(place * per, (place + 1) * per));
}

/** What the server predicted, as a table. */
export function tableOfReply(predictions: unknown): Table {
  const list = Array.isArray(predictions) ? predictions : [predictions];
  const first: unknown = list[0];
  if (first !== null && typeof first === "object" && !Array.isArray(first)) {
    const columns = Object.keys(first);
    return { columns, rows: list.map((each) => columns.map((name) => cellOf((each as Row)[name]))) };
  }
  const rows = list.map((each: unknown) => (Array.isArray(each) ? each.map(cellOf) : [cellOf(each)]));
  const width = rows[0]?.length ?? 1;
  return { columns: width === 1 ? ["prediction"] : Array.from({ length: width }, (_, place) => `prediction ${place}`), rows };
}

function cellOf(value: unknown): Cell {
  return value === undefined ? null : value !== null && typeof value === "object" ? JSON.stringify(value) : (value as Cell);
}
