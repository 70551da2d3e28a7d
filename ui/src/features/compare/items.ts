/** The compared runs as pictures draw them: coloured as in the charts, or by the values of a column. */

import { useMemo } from "react";

import type { Item } from "../../components/charts/items";
import { shade } from "../../components/charts/palette";
import { type Scale, type ScaleKind, scaleOf } from "../../components/charts/scales";
import { strokeAt } from "../../lib/color";
import { useDark } from "../../lib/theme";
import type { Compared } from "./logic/comparison";
import { type Shared, useColorBy, useKinds } from "./view";

export interface Coloring {
  column: string;
  scale: Scale | null;
  /** One entry a run. */
  items: readonly Item[];
}

/** Each run's look, in the order of the runs. */
export function useColoring(shared: Shared): Coloring {
  const { compared, strokes, faded } = shared;
  const [column] = useColorBy();
  const [kinds] = useKinds();
  const dark = useDark();
  return useMemo(() => {
    const values = compared.column(column);
    const scale = values.length ? scaleFor(compared, column, kinds) : null;
    const colorOf = (place: number, id: string): string => {
      if (scale === null) return strokes.get(id)?.color ?? "gray";
      const at = scale.place(values[place]);
      if (at === null) return dark ? "#71828f" : "#7b8794";
      return scale.kind === "category" ? strokeAt(scale.categories.indexOf(String(values[place])), dark).color : shade(at, dark);
    };
    return { column, scale, items: compared.runs.map(({ id, name, place }) => ({ key: id, label: name, color: colorOf(place, id), faded: faded.has(id) })) };
  }, [compared, strokes, faded, column, kinds, dark]);
}

/** The scale of a column among the runs that are compared now. */
export function scaleFor(compared: Compared, column: string, kinds: Readonly<Record<string, ScaleKind>>): Scale {
  const values = compared.column(column);
  const shown = compared.runs.map(({ place }) => values[place]);
  const kind = kinds[column];
  return kind === undefined ? scaleOf(shown) : scaleOf(shown, kind);
}
