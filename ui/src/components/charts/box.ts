/** What a box plot says of some numbers, and how values come together in groups. */

import { formatNumber } from "../../lib/format";
import { type Cell, isMissing, isNumeric, numberOf } from "./scales";

export interface BoxStatistics {
  count: number;
  mean: number;
  lowest: number;
  highest: number;
  quarter: number;
  median: number;
  threeQuarters: number;
  /** The outermost values within one and a half boxes of the box. */
  whiskers: [number, number];
}

/** The value below which a share of ascending numbers lies, between its neighbours where it falls between them. */
export function quantile(ascending: readonly number[], share: number): number {
  const at = (ascending.length - 1) * share;
  const low = ascending[Math.floor(at)] as number;
  const high = ascending[Math.ceil(at)] as number;
  return low + (high - low) * (at - Math.floor(at));
}

/** Null where there are no numbers. */
export function boxOf(values: readonly number[]): BoxStatistics | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((one, other) => one - other);
  const [quarter, median, threeQuarters] = [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)];
  const reach = 1.5 * (threeQuarters - quarter);
  const inside = sorted.filter((value) => value >= quarter - reach && value <= threeQuarters + reach);
  const lowest = sorted[0] as number;
  const highest = sorted[sorted.length - 1] as number;
  return {
    count: sorted.length,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    lowest,
    highest,
    quarter,
    median,
    threeQuarters,
    whiskers: [Math.min(inside[0] ?? lowest, quarter), Math.max(inside[inside.length - 1] ?? highest, threeQuarters)],
  };
}

export interface Group {
  name: string;
  /** Places in the list of values. */
  members: number[];
}

const ORDER = new Intl.Collator("en", { numeric: true });
export const NO_VALUE = "(none)";

/** Equal values come together; numbers with more than `most` distinct values come in `most` stretches of equally many. */
export function groupsOf(values: readonly Cell[], most = 12): Group[] {
  const groups = new Map<string, number[]>();
  values.forEach((value, place) => {
    const name = isMissing(value) ? NO_VALUE : String(value);
    const members = groups.get(name);
    if (members) members.push(place);
    else groups.set(name, [place]);
  });
  const missing = groups.get(NO_VALUE);
  groups.delete(NO_VALUE);
  const named = groups.size > most && isNumeric(values) ? stretches(values, Math.min(most, 6)) : [...groups].map(([name, members]) => ({ name, members })).sort((one, other) => compared(one.name, other.name));
  return missing ? [...named, { name: NO_VALUE, members: missing }] : named;
}

function compared(one: string, other: string): number {
  const [left, right] = [numberOf(one), numberOf(other)];
  return left !== null && right !== null ? left - right : ORDER.compare(one, other);
}

function stretches(values: readonly Cell[], count: number): Group[] {
  const places = values.flatMap((value, place) => (numberOf(value) === null ? [] : [place]));
  const at = (place: number) => numberOf(values[place]) as number;
  places.sort((one, other) => at(one) - at(other));
  const groups: Group[] = [];
  for (let index = 0; index < count; index += 1) {
    const members = places.slice(Math.round((index * places.length) / count), Math.round(((index + 1) * places.length) / count));
    const [first, last] = [members[0], members[members.length - 1]];
    if (first === undefined || last === undefined) continue;
    groups.push({ name: `${formatNumber(at(first), 3)} – ${formatNumber(at(last), 3)}`, members });
  }
  return groups;
}

export interface Bin {
  least: number;
  most: number;
  members: number[];
}

/** Equally wide bins from the least to the greatest value; by the square root of how many values there are, without being told. */
export function binsOf(values: readonly (number | null)[], count?: number): Bin[] {
  const numbers = values.filter((value) => value !== null);
  if (numbers.length === 0) return [];
  const least = numbers.reduce((one, other) => Math.min(one, other));
  const most = numbers.reduce((one, other) => Math.max(one, other));
  const wanted = least === most ? 1 : (count ?? Math.min(40, Math.max(5, Math.ceil(Math.sqrt(numbers.length)))));
  const width = (most - least) / wanted;
  const bins: Bin[] = Array.from({ length: wanted }, (_, index) => ({ least: least + index * width, most: index === wanted - 1 ? most : least + (index + 1) * width, members: [] }));
  values.forEach((value, place) => {
    if (value === null) return;
    const index = width === 0 ? 0 : Math.min(wanted - 1, Math.floor((value - least) / width));
    bins[index]?.members.push(place);
  });
  return bins;
}
