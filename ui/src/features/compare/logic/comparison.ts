/** What the server said of the compared runs, as the page looks at it. */

import { type Cell, isMissing, isNumeric } from "../../../components/charts/scales";
import type { Comparison, Series } from "../../../wire/types";

export interface ComparedRun {
  id: string;
  name: string;
  status: string;
  experiment: string;
  start: number | null;
  end: number | null;
  /** Where it is in every column. */
  place: number;
}

export type Kind = "params" | "metrics" | "tags";

export interface Compared {
  runs: readonly ComparedRun[];
  /** The names of all params, metrics and tags, in the order of the alphabet. */
  keys: Readonly<Record<Kind, readonly string[]>>;
  column: (name: string) => readonly Cell[];
  /** The metrics whose lines came with the first answer. */
  drawn: readonly string[];
  series: ReadonlyMap<string, readonly Series[]>;
}

const ORDER = new Intl.Collator("en", { numeric: true });
const EMPTY: readonly Cell[] = [];
/** What is shown elsewhere, or is no more than a document for programs. */
const OWN = new Set(["mlflow.runName", "mlflow.log-model.history", "mlflow.loggedArtifacts", "mlflow.note.content"]);

export function comparisonOf({ runs, metrics, series }: Comparison): Compared {
  const { columns } = runs;
  const keys = (kind: Kind) => Object.keys(columns).filter((name) => name.startsWith(`${kind}.`)).map((name) => name.slice(kind.length + 1)).filter((key) => kind !== "tags" || !OWN.has(key)).sort(ORDER.compare);
  const at = (name: string, place: number) => columns[`attributes.${name}`]?.[place];
  const byMetric = new Map<string, Series[]>(metrics.map((metric) => [metric, []]));
  for (const each of series) byMetric.get(each.metric)?.push(each);
  return {
    runs: runs.run_ids.map((id, place) => ({
      id,
      place,
      name: String(at("run_name", place) || id),
      status: String(at("status", place) ?? ""),
      experiment: String(at("experiment_id", place) ?? ""),
      start: timeOf(at("start_time", place)),
      end: timeOf(at("end_time", place)),
    })),
    keys: { params: keys("params"), metrics: keys("metrics"), tags: keys("tags") },
    column: (name) => columns[name] ?? EMPTY,
    drawn: metrics,
    series: byMetric,
  };
}

const timeOf = (value: Cell): number | null => (typeof value === "number" && value > 0 ? value : null);

/** Runs differ in it: two have different values, or one has none. */
export function differs(values: readonly Cell[]): boolean {
  return values.some((value) => (value ?? null) !== (values[0] ?? null));
}

export function varying({ keys, column }: Compared, kind: Kind): string[] {
  return keys[kind].filter((key) => differs(column(`${kind}.${key}`)));
}

/** The columns that are made of numbers, with at least two different ones of them first. */
export function numericColumns(compared: Compared): string[] {
  const names = [...compared.keys.metrics.map((key) => `metrics.${key}`), ...compared.keys.params.map((key) => `params.${key}`)];
  const numeric = names.filter((name) => isNumeric(compared.column(name)));
  return [...numeric.filter((name) => differs(compared.column(name))), ...numeric.filter((name) => !differs(compared.column(name)))];
}

export const titleOf = (column: string): string => column.slice(column.indexOf(".") + 1);

/** Distinct values, what is missing left out. */
export function distinct(values: readonly Cell[]): number {
  return new Set(values.filter((value) => !isMissing(value)).map(String)).size;
}
