/** Where values of any kind lie on an axis, from 0 at its beginning to 1 at its end. */

import { formatNumber } from "../../lib/format";
import { logTicks, numberTicks } from "./ticks";

export type Cell = string | number | boolean | null | undefined;
export type ScaleKind = "linear" | "log" | "category";

export interface Mark {
  at: number;
  text: string;
}

export interface Scale {
  kind: ScaleKind;
  /** From 0 to 1; null for what has no place on it. */
  place: (value: Cell) => number | null;
  /** The number at a place; the nearest category's number of a category. */
  value: (place: number) => number;
  marks: (count: number) => Mark[];
  categories: readonly string[];
}

const NOTHING = new Set(["", "none", "null", "nan"]);
const ORDER = new Intl.Collator("en", { numeric: true });

/** A value as a number: params are texts, and some of them are numbers. */
export function numberOf(value: Cell): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const read = Number(value);
  return Number.isFinite(read) ? read : null;
}

/** Nothing at all, or a word for it. */
export function isMissing(value: Cell): boolean {
  return value === null || value === undefined || (typeof value === "string" && NOTHING.has(value.trim().toLowerCase())) || (typeof value === "number" && Number.isNaN(value));
}

/** All values are numbers, as far as there are any. */
export function isNumeric(values: readonly Cell[]): boolean {
  let some = false;
  for (const value of values) {
    if (isMissing(value)) continue;
    if (numberOf(value) === null && !isInfinite(value)) return false;
    some = true;
  }
  return some;
}

function isInfinite(value: Cell): boolean {
  return typeof value === "string" && /^[+-]?(inf|infinity)$/i.test(value.trim());
}

/** The kind that suits some values: of numbers that are all above zero and reach over two powers of ten, the logarithm. */
export function kindOf(values: readonly Cell[]): ScaleKind {
  if (!isNumeric(values)) return "category";
  const [least, most] = endsOf(values);
  return least > 0 && most / least >= 100 ? "log" : "linear";
}

/** The scale of some values. One that cannot be logarithmic is linear, and one without numbers has categories. */
export function scaleOf(values: readonly Cell[], kind: ScaleKind = kindOf(values)): Scale {
  if (kind === "category" || !isNumeric(values)) return categories(values);
  const [least, most] = endsOf(values);
  if (kind === "log" && most > 0) return logarithmic(values);
  return linear(least, most);
}

/** Room around the outermost values, so that marks do not lie on the frame. */
export function roomy(scale: Scale, share = 0.04): Scale {
  if (scale.kind === "category") return scale;
  const whole = 1 + 2 * share;
  return {
    ...scale,
    place: (value) => {
      const place = scale.place(value);
      return place === null ? null : (place + share) / whole;
    },
    value: (place) => scale.value(place * whole - share),
    marks: (count) => scale.marks(count).map(({ at, text }) => ({ at: (at + share) / whole, text })),
  };
}

function endsOf(values: readonly Cell[], above = -Infinity): [number, number] {
  let least = Infinity;
  let most = -Infinity;
  for (const value of values) {
    const number = numberOf(value);
    if (number === null || number <= above) continue;
    if (number < least) least = number;
    if (number > most) most = number;
  }
  return least <= most ? [least, most] : [0, 1];
}

function linear(from: number, to: number): Scale {
  const [least, most] = apart(from, to);
  const place = (number: number) => (number - least) / (most - least);
  return {
    kind: "linear",
    place: (value) => onto(value, place),
    value: (at) => least + at * (most - least),
    marks: (count) => marked(numberTicks(least, most, count), place),
    categories: [],
  };
}

function logarithmic(values: readonly Cell[]): Scale {
  const [from, to] = endsOf(values, 0);
  const [least, most] = from === to ? [from / 2, to * 2] : [from, to];
  const length = Math.log(most / least);
  const place = (number: number) => (number > 0 ? Math.log(number / least) / length : Number.NaN);
  return {
    kind: "log",
    place: (value) => onto(value, place),
    value: (at) => least * Math.exp(at * length),
    marks: (count) => marked(logTicks(least, most, count), place),
    categories: [],
  };
}

function categories(values: readonly Cell[]): Scale {
  const names = [...new Set(values.filter((value) => value !== null && value !== undefined).map(String))].sort(ORDER.compare);
  const places = new Map(names.map((name, index) => [name, (index + 0.5) / names.length]));
  return {
    kind: "category",
    place: (value) => (value === null || value === undefined ? null : (places.get(String(value)) ?? null)),
    value: (at) => Math.min(names.length - 1, Math.max(0, Math.floor(at * names.length))),
    marks: (count) => {
      const stride = Math.max(1, Math.ceil(names.length / Math.max(1, count)));
      return names.flatMap((text, index) => (index % stride === 0 ? [{ at: (index + 0.5) / names.length, text: text === "" ? "(empty)" : text }] : []));
    },
    categories: names,
  };
}

function apart(least: number, most: number): [number, number] {
  if (least < most) return [least, most];
  const room = least === 0 ? 1 : Math.abs(least) * 0.1;
  return [least - room, most + room];
}

function onto(value: Cell, place: (number: number) => number): number | null {
  const number = numberOf(value);
  if (number === null) return null;
  const at = place(number);
  return Number.isFinite(at) ? at : null;
}

function marked({ at, texts }: { at: number[]; texts: string[] }, place: (number: number) => number): Mark[] {
  return at.map((value, index) => ({ at: place(value), text: texts[index] ?? formatNumber(value) }));
}
