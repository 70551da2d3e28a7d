/** From the state of the view to what is asked of the server. */

import { askedName, orderBy, partsOf, type Sort } from "./columns";

export interface AskedView {
  experiments: readonly string[];
  filter: string;
  sort: Sort | null;
  group: readonly string[];
  aggregate: "mean" | "min" | "max";
  stage: "active" | "deleted" | "all";
  flat: boolean;
}

const VIEW_TYPES = { active: "ACTIVE_ONLY", deleted: "DELETED_ONLY", all: "ALL" } as const;

/** Children are shown below their parents, unless a filter looks for them wherever they are. */
export function isNested(view: AskedView): boolean {
  return !view.flat && view.filter.trim() === "" && view.stage === "active" && view.group.length === 0;
}

/** What the aggregates of some metrics are called, in the order they are asked for. */
export function aggregatesOf(metrics: readonly string[], aggregate: AskedView["aggregate"]): string[] {
  return metrics.flatMap((key) => [`${aggregate}(metrics.${key})`, ...(aggregate === "mean" ? [`stddev(metrics.${key})`] : [])]);
}

export function metricsOf(columns: readonly string[]): string[] {
  return [...new Set(columns.map(partsOf).filter(({ kind }) => kind === "metrics").map(({ key }) => key))];
}

export function askedOf(view: AskedView, columns: readonly string[]) {
  const nested = isNested(view);
  const metrics = metricsOf(columns);
  const common = { experiment_ids: [...view.experiments], filter: view.filter, view_type: VIEW_TYPES[view.stage] };
  const rows = { ...common, order_by: orderBy(view.sort), ...(nested ? { roots_only: true } : {}) };
  const asked = { ...rows, columns: [...new Set(columns.map(askedName))] };
  const groups = view.group.length
    ? { ...common, by: [...view.group], aggregates: aggregatesOf(metrics, view.aggregate), order_by: groupOrder(view, metrics) }
    : null;
  return { asked, groups, nested, rows: JSON.stringify([rows, groups && { by: groups.by, order_by: groups.order_by }]) };
}

/** Groups are sorted by an aggregate of a metric that is shown, by what they have in common, or by their size. */
function groupOrder({ sort, group, aggregate }: AskedView, metrics: readonly string[]): string[] {
  if (sort === null) return [];
  const { kind, key } = partsOf(sort.name);
  const way = sort.descending ? "DESC" : "ASC";
  if (kind === "metrics") return metrics.includes(key) ? [`${aggregate}(metrics.${key}) ${way}`] : [];
  return sort.name === "runs" || group.includes(sort.name) ? [`${sort.name} ${way}`] : [];
}
