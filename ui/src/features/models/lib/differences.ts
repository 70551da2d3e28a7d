/** What differs between the signatures of two versions. */

import type { ColumnSpec, ModelCard } from "../../../wire/types";

export interface Difference {
  part: "input" | "output" | "param" | "flavor" | "requirement" | "python";
  name: string;
  before: string;
  after: string;
}

export function typeOf(column: ColumnSpec): string {
  const shape = column.shape ? ` ${shapeOf(column.shape)}` : "";
  const preset = column.default === undefined || column.default === null ? "" : ` = ${JSON.stringify(column.default)}`;
  return `${column.type}${shape}${column.required === false && !preset ? ", optional" : ""}${preset}`;
}

/** A shape as (any, 28, 28). */
export function shapeOf(shape: readonly number[]): string {
  return `(${shape.map((size) => (size < 0 ? "any" : size)).join(", ")})`;
}

export function differences(before: ModelCard, after: ModelCard): Difference[] {
  const columns = (part: Difference["part"], a: readonly ColumnSpec[] = [], b: readonly ColumnSpec[] = []) =>
    changed(part, new Map(a.map((each) => [each.name, typeOf(each)])), new Map(b.map((each) => [each.name, typeOf(each)])));
  const words = (part: Difference["part"], a: readonly string[] = [], b: readonly string[] = [], split = false) => {
    const pairs = (list: readonly string[]) => new Map(list.map((each) => (split ? requirement(each) : [each, "yes"])));
    return changed(part, pairs(a), pairs(b));
  };
  return [
    ...columns("input", before.inputs, after.inputs),
    ...columns("output", before.outputs, after.outputs),
    ...columns("param", before.params, after.params),
    ...words("flavor", before.flavors, after.flavors),
    ...words("requirement", before.requirements, after.requirements, true),
    ...changed("python", new Map([["Python", before.python_version ?? ""]]), new Map([["Python", after.python_version ?? ""]])),
  ];
}

function requirement(line: string): [string, string] {
  const match = /^([\w.-]+(?:\[[^\]]*\])?)\s*(.*)$/.exec(line);
  return match ? [match[1] ?? line, match[2] || "any"] : [line, "yes"];
}

function changed(part: Difference["part"], before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): Difference[] {
  const names = new Set([...before.keys(), ...after.keys()]);
  return [...names]
    .map((name) => ({ part, name, before: before.get(name) ?? "–", after: after.get(name) ?? "–" }))
    .filter((each) => each.before !== each.after);
}
