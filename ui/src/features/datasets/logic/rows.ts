/** Datasets as one list: what several experiments know of the same one comes together. */

import type { DatasetSummary } from "../../../wire/types";

export interface DatasetRow {
  name: string;
  digest: string;
  contexts: string[];
  experiments: string[];
}

const ORDER = new Intl.Collator("en", { numeric: true });

export function rowsOf(summaries: readonly DatasetSummary[]): DatasetRow[] {
  const rows = new Map<string, DatasetRow>();
  for (const { name, digest, context, experiment_id } of summaries) {
    const key = JSON.stringify([name, digest]);
    const row = rows.get(key) ?? { name, digest, contexts: [], experiments: [] };
    rows.set(key, row);
    if (context && !row.contexts.includes(context)) row.contexts.push(context);
    if (!row.experiments.includes(experiment_id)) row.experiments.push(experiment_id);
  }
  return [...rows.values()].sort((one, other) => ORDER.compare(one.name, other.name) || ORDER.compare(one.digest, other.digest));
}

export function chunked<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, place) => all.slice(place * size, (place + 1) * size));
}

export function found(rows: readonly DatasetRow[], wanted: string): DatasetRow[] {
  const text = wanted.trim().toLowerCase();
  return text === "" ? [...rows] : rows.filter(({ name, digest, contexts }) => [name, digest, ...contexts].some((each) => each.toLowerCase().includes(text)));
}
