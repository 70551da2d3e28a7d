/** A file of rows: CSV with names in its first line, or JSON. Read here; it is sent nowhere. */

import { parseCsv } from "./csv";
import { rowsOf } from "./example";
import { type Field, readField, type Row, textOf } from "./fields";

export const MOST_ROWS = 1000;
const MOST_TOLD = 5;

/** The rows of a file by the fields of the model. Throws an `Error` that names the row and the field. */
export function fileRows(name: string, text: string, fields: readonly Field[]): Row[] {
  const rows = /\.json$/i.test(name) || /^\s*[[{]/.test(text) ? jsonRows(text, fields) : csvRows(text, fields);
  if (rows.length === 0) throw new Error("The file has no rows.");
  if (rows.length > MOST_ROWS) throw new Error(`The file has ${rows.length} rows; ${MOST_ROWS} are predicted here at most. For more use modelyard models predict.`);
  return rows;
}

function csvRows(text: string, fields: readonly Field[]): Row[] {
  const { columns, rows } = parseCsv(text);
  const places = new Map(columns.map((column, place) => [column, place]));
  const missing = fields.filter((field) => field.required && !places.has(field.name)).map((field) => field.name);
  if (missing.length) throw new Error(`The file has no column ${missing.slice(0, MOST_TOLD).join(", ")}; it has ${columns.slice(0, MOST_TOLD).join(", ")}.`);
  return rows.map((cells, place) => checked(fields, place, (field) => cells[places.get(field.name) ?? -1] ?? ""));
}

function jsonRows(text: string, fields: readonly Field[]): Row[] {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch (error) {
    throw new Error(`The file is no JSON: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
  return rowsOf(found, fields).map((row, place) => checked(fields, place, (field) => textOf(field, row[field.name])));
}

function checked(fields: readonly Field[], place: number, textIn: (field: Field) => string): Row {
  const row: Row = {};
  for (const field of fields) {
    const read = readField(field, textIn(field), "numbers");
    if ("wrong" in read) throw new Error(`Row ${place + 1}: ${read.wrong}`);
    row[field.name] = read.value;
  }
  return row;
}
