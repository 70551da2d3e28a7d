/** The rows of the example that a model was saved with. */

import type { Field, Row } from "./fields";

type Json = unknown;
type Named = Record<string, Json>;

const isNamed = (value: Json): value is Named => value !== null && typeof value === "object" && !Array.isArray(value);
const MOST = 20;

/** Rows by the names of the fields, from any form that a request or an example has. */
export function exampleRows(example: Json, fields: readonly Field[]): Row[] {
  return rowsOf(example, fields).slice(0, MOST);
}

/** Rows out of what somebody wrote as JSON: a request, a list of objects, a list of lists, one object. */
export function rowsOf(found: Json, fields: readonly Field[]): Row[] {
  const names = fields.map((field) => field.name);
  const one = fields.length === 1 && fields[0]?.kind === "json";
  if (Array.isArray(found)) {
    return found.map((each: Json) => (isNamed(each) ? each : one ? { [names[0] ?? ""]: each } : byPlace(names, Array.isArray(each) ? each : [each])));
  }
  if (!isNamed(found)) return found === null || found === undefined ? [] : [byPlace(names, [found])];
  for (const key of ["dataframe_split", "dataframe_records", "inputs", "instances", "rows"]) {
    if (key in found && !names.includes(key)) return rowsOf(found[key], fields);
  }
  if (Array.isArray(found.columns) && Array.isArray(found.data)) {
    const columns = found.columns.map(String);
    const known = columns.some((column) => names.includes(column)) ? columns : names;
    return found.data.map((each: Json) => byPlace(known, Array.isArray(each) ? each : [each]));
  }
  const lists = Object.values(found);
  const length = Array.isArray(lists[0]) ? lists[0].length : 0;
  if (length && lists.every((each) => Array.isArray(each) && each.length === length) && isColumns(found, fields)) {
    return Array.from({ length }, (_, place) => Object.fromEntries(Object.entries(found).map(([name, list]) => [name, (list as Json[])[place]])));
  }
  return [found];
}

/** Whether lists are columns of many rows, and not the list-valued fields of one. */
function isColumns(found: Named, fields: readonly Field[]): boolean {
  return fields.some((field) => field.name in found && (field.kind !== "json" || field.shape !== undefined));
}

function byPlace(names: readonly string[], values: readonly Json[]): Row {
  return Object.fromEntries(names.map((name, place) => [name, values[place] ?? null]));
}
