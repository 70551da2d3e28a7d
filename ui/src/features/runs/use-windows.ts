/** The windows of a long table that are looked at, from the cache; those that are not there yet are fetched when the scrolling pauses. */

import { usePrefetchQuery, type UsePrefetchQueryOptions, useQueries, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { isAlike, isNear, type Range, windowsOf } from "./logic/windows";

const PAUSE = 120;

export interface Windows<Page> {
  total: number | undefined;
  pageAt: (window: number) => Page | undefined;
  pages: readonly (readonly [number, Page])[];
  onRange: (first: number, last: number) => void;
  updatedAt: number;
  error: Error | null;
  retry: () => void;
}

type Make<Page> = (window: number) => Pick<UsePrefetchQueryOptions<Page, Error, Page, Page, readonly unknown[]>, "queryKey" | "queryFn">;

/** `rows` names the rows and their order: while it stays, pages with other columns stand in for those on their way. */
export function useWindows<Page extends { total: number }>(make: Make<Page>, rows: string): Windows<Page> {
  const client = useQueryClient();
  const [range, setRange] = useState<Range>({ first: 0, last: 0 });
  const settled = useRef(range);
  const timer = useRef<number | undefined>(undefined);
  const [before, setBefore] = useState<{ rows: string; make: Make<Page>; total: number } | null>(null);
  const known = before?.rows === rows ? before : null;
  const wanted = windowsOf(range, known?.total ?? 0);
  usePrefetchQuery(make(wanted[0] ?? 0)); // on its way while the table around it is drawn for the first time
  const results = useQueries({ queries: wanted.map((window) => make(window)) });

  const onRange = useCallback((first: number, last: number) => {
    const next = { first, last };
    window.clearTimeout(timer.current);
    const settle = () => {
      settled.current = next;
      setRange((now) => (isAlike(now, next) ? now : next)); // what is another in every frame would draw the page in every frame
    };
    if (isNear(settled.current, next)) settle();
    else timer.current = window.setTimeout(settle, PAUSE);
  }, []);
  useEffect(() => () => window.clearTimeout(timer.current), []);

  const told = results.filter((result) => result.data !== undefined).sort((one, other) => other.dataUpdatedAt - one.dataUpdatedAt);
  const total = (told[0]?.data as Page | undefined)?.total;
  const complete = results.length > 0 && told.length === results.length;
  if (complete && total !== undefined && (known?.make !== make || known.total !== total)) setBefore({ rows, make, total });

  const seen = new Map<number, Page | undefined>();
  const pageAt = (window: number) => {
    if (!seen.has(window)) {
      const page = client.getQueryData<Page>(make(window).queryKey) ?? (known ? client.getQueryData<Page>(known.make(window).queryKey) : undefined);
      seen.set(window, page);
    }
    return seen.get(window);
  };
  const pages = wanted.flatMap((window) => {
    const page = pageAt(window);
    return page === undefined ? [] : [[window, page] as const];
  });
  const failed = results.find((result) => result.error !== null);
  return {
    total: total ?? known?.total,
    pageAt,
    pages,
    onRange,
    updatedAt: Math.max(0, ...results.map((result) => result.dataUpdatedAt)),
    error: failed?.error ?? null,
    retry: () => void Promise.all(results.map((result) => result.refetch())),
  };
}
