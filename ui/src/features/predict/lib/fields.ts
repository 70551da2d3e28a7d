/** The fields of a form, from a model's signature. They mean what the fields of an exported page mean. */

import type { ColumnSpec, ModelCard } from "../../../wire/types";

export interface Field {
  name: string;
  type: string;
  kind: "number" | "whole" | "choice" | "text" | "json";
  required: boolean;
  /** The sizes of one row's tensor, where the field is one. */
  shape?: readonly number[];
}

export type Row = Record<string, unknown>;
export type Texts = Record<string, string>;

export const MOST_OF_A_TENSOR = 256;

const FLOATS = /^(double|float|float16|float32|float64)$/;
const WHOLE = /^(integer|long|u?int(8|16|32|64))$/;

/** A field for each column; for each value of a short tensor without a name, as x0, x1 …; for each other tensor one of JSON. */
export function fieldsOf(card: ModelCard): Field[] {
  const inputs = card.inputs ?? [];
  const only = inputs.length === 1 ? inputs[0] : undefined;
  const width = only?.shape?.length === 2 ? (only.shape[1] ?? 0) : only?.shape?.length === 1 ? 1 : 0;
  if (only && width > 0 && width <= MOST_OF_A_TENSOR) {
    return Array.from({ length: width }, (_, place) => ({ name: `x${place}`, type: only.type, kind: kindOf(only.type), required: true }));
  }
  return inputs.map(fieldOf);
}

/** Whether the fields are the values of one tensor, which the server takes as a row without names. */
export function isTensor(card: ModelCard): boolean {
  return (card.inputs ?? []).some((column) => column.shape);
}

function fieldOf(column: ColumnSpec): Field {
  if (column.shape) return { name: column.name, type: column.type, kind: "json", required: true, shape: column.shape.slice(1) };
  return { name: column.name, type: column.type, kind: kindOf(column.type), required: column.required !== false };
}

function kindOf(type: string): Field["kind"] {
  if (FLOATS.test(type)) return "number";
  if (WHOLE.test(type)) return "whole";
  if (type === "boolean" || type === "bool") return "choice";
  return ["string", "str", "binary", "datetime", "object"].includes(type) ? "text" : "json";
}

const WORDS: Record<string, boolean> = { true: true, false: false, "1": true, "0": false };

export type Read = { value: unknown } | { wrong: string };

/**
 * The value that a text stands for. A missing number is `null`, which a graph is given as NaN; whether it may be missing
 * `missing` says: in a form only optional ones may, in a file any number with a decimal point may, as the server has it.
 */
export function readField(field: Field, typed: string, missing: "optional" | "numbers" = "optional"): Read {
  const text = typed.trim();
  if (text === "" && field.kind !== "text") {
    const may = !field.required || (missing === "numbers" && field.kind === "number");
    return may ? { value: null } : { wrong: `Type a ${field.kind === "choice" ? "choice" : field.kind === "json" ? "value" : "number"} for ${field.name}.` };
  }
  switch (field.kind) {
    case "number": {
      if (/^(nan|na|null|none)$/i.test(text)) return { value: null };
      const value = Number(text);
      return Number.isFinite(value) ? { value } : { wrong: `${field.name} is a number, not ${quoted(text)}.` };
    }
    case "whole": {
      const value = Number(text);
      if (!Number.isInteger(value)) return { wrong: `${field.name} is a whole number, not ${quoted(text)}.` };
      return Number.isSafeInteger(value) ? { value } : { wrong: `${field.name} is ${quoted(text)}: a browser holds no whole number of this size.` };
    }
    case "choice": {
      const value = WORDS[text.toLowerCase()];
      return value === undefined ? { wrong: `${field.name} is true or false, not ${quoted(text)}.` } : { value };
    }
    case "json":
      return readJson(field, text);
    case "text":
      if (typed === "") return field.required ? { wrong: `Type a text for ${field.name}.` } : { value: null };
      return { value: typed };
  }
}

function readJson(field: Field, text: string): Read {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { wrong: `${field.name} is written as JSON${field.shape ? `: lists of the shape ${field.shape.map((size) => (size < 0 ? "any" : size)).join(" × ") || "of one value"}` : ""}.` };
  }
  const bad = field.shape ? misfit(value, field.shape) : "";
  return bad ? { wrong: `${field.name} ${bad}.` } : { value };
}

/** What is wrong with nested lists that should have a shape; empty where nothing is. */
function misfit(value: unknown, shape: readonly number[]): string {
  const [size, ...rest] = shape;
  if (size === undefined) return Array.isArray(value) ? "has more levels of lists than the model takes" : "";
  if (!Array.isArray(value)) return "has fewer levels of lists than the model takes";
  if (size >= 0 && value.length !== size) return `has a list of ${value.length} where the model takes ${size}`;
  for (const each of value) {
    const bad = misfit(each, rest);
    if (bad) return bad;
  }
  return "";
}

/** All fields of a row: its values, or what is wrong by the name of the field. */
export function readRow(fields: readonly Field[], texts: Texts, missing: "optional" | "numbers" = "optional"): { row: Row; wrong: Record<string, string> } {
  const row: Row = {};
  const wrong: Record<string, string> = {};
  for (const field of fields) {
    const read = readField(field, texts[field.name] ?? "", missing);
    if ("wrong" in read) wrong[field.name] = read.wrong;
    else row[field.name] = read.value;
  }
  return { row, wrong };
}

/** A value as the text that a field begins with. */
export function textOf(field: Field, value: unknown): string {
  if (value === null || value === undefined) return "";
  if (field.kind === "json") return JSON.stringify(value);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}
