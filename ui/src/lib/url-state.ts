/** The state of a view lives in its address, so that every picture can be sent to somebody. */

import { useCallback, useMemo } from "react";
import { useLocation } from "wouter";
import { useSearch } from "wouter/use-browser-location"; // wouter's own decodes it, and what is decoded twice is another text

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

const keptStates = new Map<string, string>();

/** Make a kept state known: `?view=<id>` then means the same as `?` and that state. */
export function rememberKept(id: string, state: string): void {
  keptStates.set(id, state);
}

export function isKnown(id: string): boolean {
  return keptStates.has(id);
}

/** The parameters of an address, with those of the kept state it names. */
export function expanded(search: string): URLSearchParams {
  const params = new URLSearchParams(search);
  const state = keptStates.get(params.get("view") ?? "");
  if (state === undefined) return params;
  params.delete("view");
  const whole = new URLSearchParams(state);
  for (const [name, value] of params) whole.set(name, value);
  return whole;
}

/** One parameter of the address. What equals `initial` is left out of it; what cannot be read counts as `initial`. */
export function useUrlState<T>(name: string, initial: T, codec: Codec<T>): [T, (value: T, options?: { replace?: boolean }) => void] {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const raw = expanded(search).get(name);
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
      const now = expanded(window.location.search);
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
