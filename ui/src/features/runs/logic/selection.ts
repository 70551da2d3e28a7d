/** Which runs are selected: some ids, or all that match. */

export const ALL = "*";

export type Selection = readonly string[];

export const isAll = (selection: Selection): boolean => selection[0] === ALL;

export function isSelected(selection: Selection, id: string): boolean {
  return isAll(selection) || selection.includes(id);
}

/** Select a run or give it up; giving one up of all that match leaves those that are loaded. */
export function toggled(selection: Selection, id: string, loaded: readonly string[]): Selection {
  const now = isAll(selection) ? loaded : selection;
  return now.includes(id) ? now.filter((each) => each !== id) : [...now, id];
}

/** With those between two rows, both ends included. */
export function extended(selection: Selection, between: readonly string[]): Selection {
  return isAll(selection) ? selection : [...new Set([...selection, ...between])];
}
