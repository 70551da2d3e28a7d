/** Colours of runs: no two of the first 8 alike, and from the ninth on told apart by dashes too. */

const HUES = ["#0072b2", "#d55e00", "#009e73", "#cc3f8e", "#8a6d00", "#5b4bc4", "#00808a", "#b3372f"];
const DARK = ["#56b4e9", "#ff8f45", "#2fd0a0", "#f48cc5", "#e3c13d", "#a79bff", "#37d0da", "#ff7d73"];
const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 6], [1, 4], [6, 2, 2, 2]];

export interface Stroke {
  color: string;
  dash: readonly number[];
}

/** The colour and dash of the run at a place of a selection. */
export function strokeAt(place: number, dark: boolean): Stroke {
  const hues = dark ? DARK : HUES;
  return {
    color: hues[place % hues.length] ?? "#0072b2",
    dash: DASHES[Math.floor(place / hues.length) % DASHES.length] ?? [],
  };
}

/** A steady place for a run outside of any selection, from its id. */
export function placeOf(runId: string): number {
  let sum = 0;
  for (const letter of runId) sum = (sum * 31 + letter.charCodeAt(0)) >>> 0;
  return sum % 64;
}
