/** What can follow at the caret of a filter: words of the language, and the keys and values there are. */

import { useQuery } from "@tanstack/react-query";

import { keysQuery } from "./api/find-keys";
import { valuesQuery } from "./api/find-values";
import type { Kind } from "./logic/columns";
import { bare, type Context, fieldOf, keyOption, type Option, valueOption, wordsFor } from "./logic/complete";

const MOST = 12;
const KINDS = ["metrics", "params", "tags"] as const;

export function useOptions(experiments: readonly string[], context: Context, enabled: boolean): Option[] {
  const experiment_ids = [...experiments];
  const { state, field, typed } = context;
  const named = typed.includes(".") ? fieldOf(typed) : null;
  const inKind = (kind: Kind) => enabled && state === "field" && (named === null ? typed !== "" : named.kind === kind);
  const contains = named ? named.key : bare(typed);
  const limit = named ? MOST * 3 : MOST / 2;
  const metrics = useQuery({ ...keysQuery({ experiment_ids, kind: "metrics", contains, limit }), enabled: inKind("metrics") });
  const params = useQuery({ ...keysQuery({ experiment_ids, kind: "params", contains, limit }), enabled: inKind("params") });
  const tags = useQuery({ ...keysQuery({ experiment_ids, kind: "tags", contains, limit }), enabled: inKind("tags") });
  const hasValues =
    enabled && (state === "value" || state === "list") && field !== null && field.kind !== "metrics" && field.kind !== "datasets";
  const isTime = field?.kind === "attributes" && ["start_time", "end_time", "status"].includes(field.key);
  const column = field ? `${field.kind}.${field.key}` : "";
  const values = useQuery({
    ...valuesQuery({ experiment_ids, column, contains: bare(typed).replaceAll("''", "'"), limit: MOST * 3 }),
    enabled: hasValues && !isTime,
  });
  if (!enabled) return [];
  const found = [metrics, params, tags].flatMap((query, place) => {
    const kind = KINDS[place] ?? "metrics";
    return inKind(kind) ? (query.data?.keys ?? []).map(({ key, runs }) => keyOption(kind, key, runs)) : [];
  });
  const told = hasValues && !isTime ? (values.data?.keys ?? []).map(({ key, runs }) => valueOption(key, runs, state)) : [];
  return [...wordsFor(context), ...found, ...told].filter(({ insert }) => insert.trim() !== typed).slice(0, MOST * 3);
}
