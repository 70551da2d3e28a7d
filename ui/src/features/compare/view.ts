/** What of a comparison is shown, as its address says. */

import { useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useSearch } from "wouter/use-browser-location";

import { type Brush, type Brushes, passes, withBrush } from "../../components/charts/brushing";
import type { ScaleKind } from "../../components/charts/scales";
import type { Range } from "../../components/charts/types";
import { type Stroke, strokeAt } from "../../lib/color";
import { useDark } from "../../lib/theme";
import { type Codec, expanded, flag, json, list, number, text, useUrlState } from "../../lib/url-state";
import type { AxisName } from "./api/compare-runs";
import { type Compared } from "./logic/comparison";

const NOTHING: readonly string[] = [];
const NO_BRUSHES: Brushes = {};
const NO_KINDS: Readonly<Record<string, ScaleKind>> = {};

export const useRunIds = () => useUrlState("runs", NOTHING, list);
export const useMetrics = () => useUrlState("metrics", NOTHING, list);
export const useAxis = () => useUrlState<AxisName>("axis", "step", { parse: (raw) => (raw === "time" || raw === "relative" ? raw : "step"), format: (axis) => axis });
export const useSmoothing = () => useUrlState("smooth", 0, bounded(number, 0, 0.99));
export const useLog = (axis: "x" | "y") => useUrlState(`log${axis}`, false, flag);
export const useZoom = () => useUrlState<Range | null>("zoom", null, rangeCodec);
export const useAxes = () => useUrlState("axes", NOTHING, list);
export const useKinds = () => useUrlState("scales", NO_KINDS, json<Readonly<Record<string, ScaleKind>>>());
export const useColorBy = () => useUrlState("color", "", text);
export const useColumn = (name: "x" | "y" | "value" | "by") => useUrlState(name, "", text);
export const useBaseline = () => useUrlState("baseline", "", text);
export const useFlag = (name: "all" | "turn" | "unified" | "table") => useUrlState(name, false, flag);
export const useTurned = () => useUrlState("better", NOTHING, list);
export const useFile = () => useUrlState("path", "", text);
export const useSide = (side: "left" | "right") => useUrlState(side, "", text);

const rangeCodec: Codec<Range | null> = {
  parse: (raw) => {
    const [least, most] = raw.split("~").map(Number);
    return least !== undefined && most !== undefined && least < most ? { least, most } : null;
  },
  format: (range) => (range === null ? "" : `${range.least}~${range.most}`),
};

function bounded(codec: Codec<number>, least: number, most: number): Codec<number> {
  return { ...codec, parse: (raw) => Math.min(most, Math.max(least, codec.parse(raw) || 0)) };
}

export const PARTS = [
  ["charts", "Charts"],
  ["relations", "Relations"],
  ["differences", "Differences"],
  ["files", "Files"],
] as const;
export type Part = (typeof PARTS)[number][0];

/** Which part is shown, and the addresses of all of them. */
export function useParts(): { shown: Part; tabs: { key: Part; title: string; href: string }[] } {
  const search = useSearch();
  const [path] = useLocation();
  const params = expanded(search);
  const asked = params.get("show");
  const tabs = PARTS.map(([key, title]) => {
    const own = new URLSearchParams(params);
    if (key === "charts") own.delete("show");
    else own.set("show", key);
    return { key, title, href: `${path}?${own}` };
  });
  return { shown: PARTS.find(([key]) => key === asked)?.[0] ?? "charts", tabs };
}

export function useBrushes() {
  const [brushes, setBrushes] = useUrlState("brush", NO_BRUSHES, json<Brushes>());
  return { brushes, setBrush: (axis: string, brush: Brush | null) => setBrushes(withBrush(brushes, axis, brush)), clear: () => setBrushes(NO_BRUSHES) };
}

/** The runs that lie outside of what is brushed. */
export function outside({ runs, column }: Compared, brushes: Brushes): ReadonlySet<string> {
  if (Object.keys(brushes).length === 0) return new Set();
  return new Set(runs.filter(({ place }) => !passes(brushes, (axis) => column(axis)[place])).map(({ id }) => id));
}

/** The colour and dash of each run; a run keeps its own while others come and go. */
export function useStrokes(runIds: readonly string[]): ReadonlyMap<string, Stroke> {
  const dark = useDark();
  const [places, setPlaces] = useState<readonly string[]>(runIds);
  const known = useMemo(() => new Set(places), [places]);
  const added = runIds.filter((id) => !known.has(id));
  if (added.length) setPlaces([...places, ...added]);
  return useMemo(() => new Map(places.map((id, place) => [id, strokeAt(place, dark)])), [places, dark]);
}

/** What all parts of the page are given. */
export interface Shared {
  compared: Compared;
  strokes: ReadonlyMap<string, Stroke>;
  faded: ReadonlySet<string>;
  baseline: string;
}
