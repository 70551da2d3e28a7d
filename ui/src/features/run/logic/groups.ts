/** The metrics of a run as the sections of a page. */

export interface Group {
  /** What is before the first `/`; empty for metrics without one, and for those that are alone with theirs. */
  prefix: string;
  metrics: string[];
}

export const SYSTEM = "system/";

export function metricsOf(keys: readonly string[], system: boolean): string[] {
  return keys.filter((key) => key.startsWith(SYSTEM) === system).sort(inOrder);
}

/** Those that hold each of the words of a search. */
export function matching(metrics: readonly string[], search: string): string[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return metrics.filter((metric) => words.every((word) => metric.toLowerCase().includes(word)));
}

/** Sections by prefix; a section of one would leave its row empty, so those come together. */
export function grouped(metrics: readonly string[]): Group[] {
  const groups = new Map<string, string[]>();
  for (const metric of metrics) groups.set(prefixOf(metric), [...(groups.get(prefixOf(metric)) ?? []), metric]);
  const together = metrics.filter((metric) => prefixOf(metric) === "" || groups.get(prefixOf(metric))?.length === 1);
  const own = [...groups].filter(([prefix, members]) => prefix !== "" && members.length > 1).map(([prefix, members]) => ({ prefix, metrics: members }));
  return together.length ? [{ prefix: "", metrics: together }, ...own] : own;
}

function prefixOf(metric: string): string {
  const end = metric.indexOf("/");
  return end < 0 ? "" : metric.slice(0, end);
}

const collator = new Intl.Collator("en", { numeric: true });

/** As people sort: layer2 before layer10. */
export function inOrder(one: string, other: string): number {
  return collator.compare(one, other);
}
