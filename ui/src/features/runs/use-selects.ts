/** Selecting runs: one, those between two, or all that match. */

import { useEffect, useMemo, useRef } from "react";

import { ALL, extended, isAll, isSelected, toggled } from "./logic/selection";
import type { Lines } from "./use-lines";
import type { View } from "./view";

export interface Selects {
  isAll: boolean;
  count: number;
  isSelected: (id: string) => boolean;
  toggleAll: () => void;
  clear: () => void;
  /** The row at a place was clicked; with the shift key all since the one before. */
  click: (place: number, shift: boolean) => void;
}

export function useSelects({ selection, setSelection }: View, lines: Lines): Selects {
  const anchor = useRef<number | null>(null);
  const latest = useRef(lines);
  useEffect(() => {
    latest.current = lines;
  });
  const count = isAll(selection) ? (lines.runs ?? 0) : selection.length;
  return useMemo(() => {
    const idAt = (place: number) => {
      const line = latest.current.lineAt(place);
      return line?.kind === "run" ? line.id : null;
    };
    return {
      isAll: isAll(selection),
      count,
      isSelected: (id) => isSelected(selection, id),
      toggleAll: () => setSelection(isAll(selection) ? [] : [ALL]),
      clear: () => setSelection([]),
      click: (place, shift) => {
        const from = anchor.current;
        anchor.current = place;
        const id = idAt(place);
        if (shift && from !== null) {
          const [low, high] = from < place ? [from, place] : [place, from];
          const between = Array.from({ length: high - low + 1 }, (_, step) => idAt(low + step));
          setSelection(extended(selection, between.filter((each) => each !== null)));
        } else if (id !== null) {
          setSelection(toggled(selection, id, latest.current.loaded));
        }
      },
    };
  }, [selection, setSelection, count]);
}
