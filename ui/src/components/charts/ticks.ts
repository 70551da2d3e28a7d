/** Where the marks of an axis are, and what they say. All in the values of the data. */

import type { XKind } from "./types";

export interface Ticks {
  at: number[];
  texts: string[];
}

export interface Axis {
  kind: XKind;
  log: boolean;
  /** Only whole numbers are of meaning. */
  whole: boolean;
}

export function ticksOf({ kind, log, whole }: Axis, least: number, most: number, count: number): Ticks {
  if (log) return kind === "duration" ? longDurationTicks(least, most, count) : logTicks(least, most, count);
  if (kind === "time") return timeTicks(least, most, count);
  if (kind === "duration") return durationTicks(least, most, count);
  return numberTicks(least, most, count, whole ? 1 : 0);
}

/** Marks at 1, 2 or 5 times a power of ten, at least `finest` from one another. */
export function numberTicks(least: number, most: number, count: number, finest = 0): Ticks {
  const step = Math.max(finest, niceStep((most - least) / Math.max(1, count)));
  const at = multiples(least, most, step);
  return { at, texts: at.map((value) => numberText(value, step, Math.max(Math.abs(least), Math.abs(most)))) };
}

function niceStep(rough: number): number {
  if (!(rough > 0) || !Number.isFinite(rough)) return 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const share = (rough / power) * (1 - 1e-9);
  return (share > 5 ? 10 : share > 2 ? 5 : share > 1 ? 2 : 1) * power;
}

function multiples(least: number, most: number, step: number): number[] {
  const first = Math.ceil(least / step - 1e-9);
  const last = Math.floor(most / step + 1e-9);
  const at: number[] = [];
  for (let place = first; place <= last && at.length < 100; place += 1) at.push(Number((place * step).toPrecision(15)) + 0);
  return at;
}

const SUFFIXES: readonly [number, string][] = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

/** A mark's text: no more digits than tell it from its neighbours. */
function numberText(value: number, step: number, largest: number): string {
  if (value === 0) return "0";
  if (largest >= 1e15 || largest < 1e-3) return exponential(value, step);
  if (largest >= 1e4) {
    const [unit, suffix] = SUFFIXES.find(([size]) => largest >= size) ?? [1, ""];
    const decimals = decimalsOf(step / unit);
    if (decimals <= 3) return `${(value / unit).toFixed(decimals)}${suffix}`;
  }
  return value.toFixed(Math.min(decimalsOf(step), 12));
}

function decimalsOf(step: number): number {
  return Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
}

function exponential(value: number, step: number): string {
  const digits = Math.floor(Math.log10(Math.abs(value)) + 1e-9) - Math.floor(Math.log10(step) + 1e-9);
  return value.toExponential(Math.min(Math.max(0, digits), 12)).replace("e+", "e");
}

/** Marks at powers of ten, and between them where there are few; within less than one power as on a plain axis. */
export function logTicks(least: number, most: number, count: number): Ticks {
  const low = Math.ceil(Math.log10(least) - 1e-9);
  const high = Math.floor(Math.log10(most) + 1e-9);
  if (high - low < 1) return numberTicks(least, most, count);
  const stride = Math.max(1, Math.ceil((high - low + 1) / Math.max(1, count)));
  const powers = high - low + 1;
  const between = powers * 3 <= count ? [1, 2, 5] : powers * 2 <= count ? [1, 3] : [1];
  const at: number[] = [];
  for (let power = low - 1; power <= high; power += 1) {
    if (power % stride !== 0) continue;
    for (const times of between) {
      const value = Number(`${times}e${power}`);
      if (value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9)) at.push(value);
    }
  }
  return { at, texts: at.map((value) => (value >= 1e-3 && value < 1e4 ? String(value) : numberText(value, value, value))) };
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const CLOCK = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((each) => each * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((each) => each * MINUTE),
  ...[1, 2, 3, 6, 12].map((each) => each * HOUR),
  ...[1, 2, 7, 14, 30, 60, 90, 180, 365].map((each) => each * DAY),
];

function clockStep(least: number, most: number, count: number): number {
  const rough = (most - least) / Math.max(1, count);
  return CLOCK.find((step) => step >= rough) ?? niceStep(rough / DAY) * DAY;
}

/** Marks of a time that has passed, in milliseconds. */
export function durationTicks(least: number, most: number, count: number): Ticks {
  const step = clockStep(least, most, count);
  const at = multiples(least, most, step);
  return { at, texts: at.map((value) => durationText(value, step)) };
}

const MAGNITUDES = [1, 10, 100, SECOND, 10 * SECOND, MINUTE, 10 * MINUTE, HOUR, 10 * HOUR, DAY, 10 * DAY, 100 * DAY, 1000 * DAY];

/** Marks of a time that has passed on a log axis. */
function longDurationTicks(least: number, most: number, count: number): Ticks {
  const at = MAGNITUDES.filter((value) => value >= least * (1 - 1e-9) && value <= most * (1 + 1e-9));
  if (at.length < 2) return durationTicks(least, most, count);
  return { at, texts: at.map((value) => durationText(value, value)) };
}

function durationText(ms: number, step: number): string {
  if (ms === 0) return "0";
  const sign = ms < 0 ? "-" : "";
  const size = Math.abs(ms);
  if (size < SECOND && step < SECOND) return `${sign}${size} ms`;
  const parts = [
    [Math.floor(size / DAY), "d"],
    [Math.floor((size % DAY) / HOUR), "h"],
    [Math.floor((size % HOUR) / MINUTE), "m"],
    [Number(((size % MINUTE) / SECOND).toFixed(3)), "s"],
  ] as const;
  return sign + parts.filter(([value]) => value > 0).map(([value, unit]) => `${value}${unit}`).join(" ");
}

/** Marks of the local time; the first one, and the first of each day, say the day as well. */
export function timeTicks(least: number, most: number, count: number): Ticks {
  const step = clockStep(least, most, count);
  const away = new Date(least).getTimezoneOffset() * MINUTE;
  const at = multiples(least - away, most - away, step).map((value) => value + away);
  let before = "";
  const texts = at.map((value) => {
    const [day, clock] = new Date(value - away).toISOString().replace("Z", "").split("T") as [string, string];
    if (step >= DAY) return day;
    const short = step < SECOND ? clock.slice(0, 9 + Math.ceil(Math.log10(SECOND / step))) : step < MINUTE ? clock.slice(0, 8) : clock.slice(0, 5);
    const text = day === before ? short : `${short}\n${day}`;
    before = day;
    return text;
  });
  return { at, texts };
}
