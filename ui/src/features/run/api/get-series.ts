/** The points of one metric for a chart. Charts that ask at the same moment share one request. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { Range } from "../../../components/charts/types";
import { call } from "../../../lib/api";
import type { Series } from "../../../wire/types";
import type { Axis } from "../logic/lines";

export interface Window {
  runId: string;
  axis: Axis;
  points: number;
  range: Range | null;
}

/** Metrics in one request. */
const MOST = 200;

export const seriesQuery = (metric: string, window: Window) =>
  queryOptions({
    queryKey: ["run", window.runId, "series", metric, window.axis, window.points, window.range],
    queryFn: () => together(metric, window),
    placeholderData: (before: Series | null | undefined) => (before?.metric === metric ? before : undefined),
  });

/** Many series at once, for a table. */
export const manySeriesQuery = (metrics: readonly string[], window: Window) =>
  queryOptions({
    queryKey: ["run", window.runId, "many", metrics, window.axis, window.points, window.range],
    queryFn: async ({ signal }) => {
      const parts = Array.from({ length: Math.ceil(metrics.length / MOST) }, (_, part) => metrics.slice(part * MOST, (part + 1) * MOST));
      return (await Promise.all(parts.map((part) => ask(part, window, signal)))).flat();
    },
    placeholderData: keepPreviousData,
    enabled: metrics.length > 0,
  });

async function ask(metrics: readonly string[], { runId, axis, points, range }: Window, signal?: AbortSignal): Promise<Series[]> {
  const cut = range === null ? {} : { least: end(range.least), most: end(range.most) };
  return (await call("views.get_series", { run_ids: [runId], metrics: [...metrics], axis, points, ...cut }, signal)).series;
}

/** An end of a range; null where it is open. */
function end(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

interface Waiting {
  metric: string;
  found: (series: Series | null) => void;
  failed: (error: unknown) => void;
}

const waiting = new Map<string, { window: Window; askers: Waiting[] }>();

/** One series, asked for with all others of the same window that are wanted within a few milliseconds. */
function together(metric: string, window: Window): Promise<Series | null> {
  const key = JSON.stringify(window);
  const batch = waiting.get(key) ?? { window, askers: [] };
  if (batch.askers.length === 0) {
    waiting.set(key, batch);
    setTimeout(() => send(key), 8);
  }
  return new Promise((found, failed) => {
    batch.askers.push({ metric, found, failed });
    if (batch.askers.length >= MOST) send(key);
  });
}

function send(key: string): void {
  const batch = waiting.get(key);
  if (batch === undefined) return;
  waiting.delete(key);
  const metrics = [...new Set(batch.askers.map((asker) => asker.metric))];
  ask(metrics, batch.window).then(
    (all) => {
      const by = new Map(all.map((series) => [series.metric, series]));
      for (const asker of batch.askers) asker.found(by.get(asker.metric) ?? null);
    },
    (error: unknown) => {
      for (const asker of batch.askers) asker.failed(error);
    },
  );
}
