/** Addresses stay short: a state of more than 500 characters is kept by the server, and `?view=<id>` stands for it. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation } from "wouter";
import { useSearch } from "wouter/use-browser-location";

import { call } from "./api";
import { expanded, isKnown, rememberKept } from "./url-state";

const LONGEST = 500;
const PAUSE = 800;

const keptQuery = (id: string) =>
  queryOptions({
    queryKey: ["view", id],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const { state } = await call("views.get_view", { view_id: id }, signal);
      rememberKept(id, state);
      return state;
    },
  });

/** Look up the state this address names, and shorten the address when it has grown long and is left alone for a moment. */
export function useKeptView(): { ready: boolean; error: Error | null; retry: () => void } {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const id = new URLSearchParams(search).get("view") ?? "";
  const known = id === "" || isKnown(id);
  const kept = useQuery({ ...keptQuery(id), enabled: !known });
  useEffect(() => {
    if (search.length <= LONGEST) return undefined;
    let left = false;
    const timer = window.setTimeout(() => {
      const state = expanded(search).toString();
      call("views.keep_view", { state }).then(
        ({ view_id }) => {
          rememberKept(view_id, state);
          if (!left) navigate(`${path}?view=${encodeURIComponent(view_id)}`, { replace: true });
        },
        () => undefined, // who may not write keeps the long address
      );
    }, PAUSE);
    return () => {
      left = true;
      window.clearTimeout(timer);
    };
  }, [search, path, navigate]);
  return { ready: known || kept.data !== undefined, error: kept.error, retry: () => void kept.refetch() };
}
