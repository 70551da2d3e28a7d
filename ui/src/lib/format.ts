/** Numbers, times and sizes as people read them. */

const ABSENT = "–";

/** Five significant digits at most; the words NaN and Infinity as they are. */
export function formatNumber(value: number | string | boolean | null | undefined, digits = 5): string {
  if (value === null || value === undefined) return ABSENT;
  if (typeof value !== "number") return String(value);
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return String(value);
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e9)) return value.toExponential(Math.max(0, digits - 2)).replace(/\.?0+e/, "e");
  return String(Number(value.toPrecision(digits)));
}

export function formatCount(value: number): string {
  return value.toLocaleString("en-US");
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function formatBytes(bytes: number): string {
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))} ${UNITS[unit]}`;
}

/** Milliseconds as 340 ms, 4.2 s, 3m 05s, 2h 04m, 3d 2h. */
export function formatDuration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return ABSENT;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const two = (value: number) => String(Math.floor(value)).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h ${two((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86_400)}d ${Math.floor((seconds % 86_400) / 3600)}h`;
}

/** How long ago, in one unit: "3 minutes ago". */
export function formatAge(time: number | null | undefined, now = Date.now()): string {
  if (!time) return ABSENT;
  const seconds = Math.max(0, (now - time) / 1000);
  if (seconds < 45) return "just now";
  for (const [unit, length] of AGES) {
    const count = Math.round(seconds / length);
    if (seconds >= length * 0.75) return `${count} ${unit}${count === 1 ? "" : "s"} ago`;
  }
  return "a minute ago";
}

const AGES = [
  ["year", 31_557_600],
  ["month", 2_629_800],
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
] as const;

/** The local time to the second, for titles. */
export function formatTime(time: number | null | undefined): string {
  if (!time) return ABSENT;
  const date = new Date(time - new Date(time).getTimezoneOffset() * 60_000);
  return date.toISOString().slice(0, 19).replace("T", " ");
}
