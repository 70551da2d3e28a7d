import { formatAge, formatTime } from "../lib/format";

/** How long ago; the exact time is its title. */
export function When({ time }: { time: number | null | undefined }) {
  if (!time) return <span>–</span>;
  return <time dateTime={new Date(time).toISOString()} title={formatTime(time)}>{formatAge(time)}</time>;
}
