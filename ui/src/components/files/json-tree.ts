/** JSON as rows of a tree: only what is open, and of long lists only so many at a time. */

export type Json = null | boolean | number | string | BigNumber | readonly Json[] | { readonly [key: string]: Json };

/** A number that JavaScript would round: it is shown as it is written. */
export class BigNumber {
  constructor(readonly written: string) {}
}

export const STEP = 100;

export interface JsonRow {
  path: string;
  depth: number;
  /** The key or the place in its parent; null for the root. */
  name: string | null;
  kind: "object" | "array" | "leaf" | "more";
  /** What is shown of a leaf, or how many there are inside. */
  text: string;
  type: "string" | "number" | "boolean" | "null" | "";
  open: boolean;
}

interface Source {
  source?: string;
}

/** Parse, keeping numbers beyond 2^53 as they are written. Throws `SyntaxError`. */
export function parseJson(text: string): Json {
  const keep = (_: string, value: unknown, context?: Source): unknown => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    const whole = /^-?\d+$/.test(context.source);
    return whole && !Number.isSafeInteger(value) ? new BigNumber(context.source) : value;
  };
  return JSON.parse(text, keep as (key: string, value: unknown) => unknown) as Json;
}

/** The rows that are seen. `open` has the paths of open ones, `shown` how many children of a long one are. */
export function jsonRows(root: Json, open: ReadonlySet<string>, shown: ReadonlyMap<string, number>): JsonRow[] {
  const rows: JsonRow[] = [];
  const add = (value: Json, path: string, name: string | null, depth: number) => {
    const inside = childrenOf(value);
    if (inside === null) {
      rows.push({ path, depth, name, kind: "leaf", ...leaf(value), open: false });
      return;
    }
    const isOpen = open.has(path);
    const count = inside.length;
    const list = Array.isArray(value);
    const text = list ? `[${count}]` : `{${count}}`;
    rows.push({ path, depth, name, kind: list ? "array" : "object", text, type: "", open: isOpen });
    if (!isOpen) return;
    const most = shown.get(path) ?? STEP;
    for (const [key, child] of inside.slice(0, most)) add(child, `${path}/${escaped(key)}`, key, depth + 1);
    if (count > most) rows.push({ path, depth: depth + 1, name: null, kind: "more", text: `${count - most} more`, type: "", open: false });
  };
  add(root, "", null, 0);
  return rows;
}

const MOST_AT_FIRST = 150;

/** The paths that are open at first: level by level, as long as what is seen stays little. */
export function firstOpen(root: Json): Set<string> {
  const open = new Set<string>();
  const queue: (readonly [string, Json])[] = [["", root]];
  let rows = 1;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [path, value] = next;
    const inside = childrenOf(value);
    if (inside === null || inside.length === 0) continue;
    rows += Math.min(inside.length, STEP);
    if (path !== "" && rows > MOST_AT_FIRST) break;
    open.add(path);
    for (const [key, child] of inside.slice(0, STEP)) queue.push([`${path}/${escaped(key)}`, child]);
  }
  return open;
}

function childrenOf(value: Json): (readonly [string, Json])[] | null {
  if (value === null || typeof value !== "object" || value instanceof BigNumber) return null;
  if (Array.isArray(value)) return (value as readonly Json[]).map((each, place) => [String(place), each] as const);
  return Object.entries(value as Record<string, Json>);
}

function leaf(value: Json): Pick<JsonRow, "text" | "type"> {
  if (value instanceof BigNumber) return { text: value.written, type: "number" };
  if (value === null) return { text: "null", type: "null" };
  if (typeof value === "string") return { text: JSON.stringify(value), type: "string" };
  return { text: String(value), type: typeof value === "number" ? "number" : "boolean" };
}

/** A key as a part of a JSON pointer. */
function escaped(key: string): string {
  return key.replaceAll("~", "~0").replaceAll("/", "~1");
}
