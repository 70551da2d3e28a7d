/** The state of a view lives in its address, so that every picture can be sent to somebody. */

import { useCallback, useMemo } from "react";
import { useLocation, useSearch } from "wouter";

export interface Codec<T> {
  parse: (text: string) => T;
  format: (value: T) => string;
}

export const text: Codec<string> = { parse: (raw) => raw, format: (value) => value };
export const list: Codec<readonly string[]> = {
  parse: (raw) => (raw ? raw.split(",").map(decodeURIComponent) : []),
  format: (value) => value.map((each) => encodeURIComponent(each)).join(","),
};
export const flag: Codec<boolean> = { parse: (raw) => raw === "1", format: (value) => (value ? "1" : "") };
export const number: Codec<number> = { parse: Number, format: String };
export function json<T>(): Codec<T> {
  return { parse: (raw) => JSON.parse(raw) as T, format: (value) => JSON.stringify(value) };
}

/** One parameter of the address. What equals `initial` is left out of it; what cannot be read counts as `initial`. */
export function useUrlState<T>(name: string, initial: T, codec: Codec<T>): [T, (value: T, options?: { replace?: boolean }) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const raw = new URLSearchParams(search).get(name);
  const value = useMemo(() => {
    if (raw === null) return initial;
    try {
      return codec.parse(raw);
    } catch {
      return initial;
    }
    // eslint-disable-next-line react-hooks/exhaustive-deps -- initial and codec are constants of the caller
  }, [raw]);
  const set = useCallback(
    (next: T, options: { replace?: boolean } = { replace: true }) => {
      const now = new URLSearchParams(window.location.search);
      const written = codec.format(next);
      if (written === codec.format(initial)) now.delete(name);
      else now.set(name, written);
      const query = now.toString();
      navigate(query ? `${path}?${query}` : path, options);
    },
    // eslint-disable-next-line react-hooks/exhaustive-deps -- initial and codec are constants of the caller
    [name, path, navigate],
  );
  return [value, set];
}
