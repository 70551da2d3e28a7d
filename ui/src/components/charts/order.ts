/** The order of axes, as it is dragged. */

/** The list with the entry at one place moved to another. */
export function moved<T>(all: readonly T[], from: number, to: number): T[] {
  const rest = all.filter((_, place) => place !== from);
  const entry = all[from];
  if (entry === undefined) return [...all];
  const at = Math.min(rest.length, Math.max(0, to));
  return [...rest.slice(0, at), entry, ...rest.slice(at)];
}

/** Which of so many evenly spread axes is nearest to a place across, and how far it is. */
export function nearestAxis(x: number, lefts: readonly number[]): { axis: number; away: number } {
  let axis = -1;
  let away = Infinity;
  lefts.forEach((left, place) => {
    const distance = Math.abs(left - x);
    if (distance < away) [axis, away] = [place, distance];
  });
  return { axis, away };
}
