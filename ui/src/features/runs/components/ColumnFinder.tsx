import { useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";

import { Checkbox } from "../../../components/Field";
import { Failure, SkeletonLines } from "../../../components/States";
import { formatCount } from "../../../lib/format";
import { keysQuery } from "../api/find-keys";
import { ATTRIBUTES, partsOf } from "../logic/columns";

const MOST = 60;
const KINDS = [
  ["metrics", "Metrics"],
  ["params", "Params"],
  ["tags", "Tags"],
] as const;

interface Props {
  experiments: readonly string[];
  search: string;
  shownNames: readonly string[];
  onToggle: (name: string) => void;
}

/** The columns there could be, as far as they hold the text that is searched. */
export function ColumnFinder({ experiments, search, shownNames, onToggle }: Props) {
  const contains = useDeferredValue(search.trim());
  const shown = new Map(shownNames.map((name) => [withoutAspect(name), name]));
  const attributes = Object.entries(ATTRIBUTES)
    .filter(([key, { title }]) => key !== "run_name" && `${key} ${title}`.toLowerCase().includes(contains.toLowerCase()))
    .map(([key, { title }]) => ({ name: `attributes.${key}`, title }));
  return (
    <div className="flex max-h-[52vh] flex-col gap-2 overflow-auto">
      {KINDS.map(([kind, title]) => <Keys key={kind} kind={kind} title={title} experiments={experiments} contains={contains} shown={shown} onToggle={onToggle} />)}
      {attributes.length ? (
        <fieldset>
          <legend className="font-medium">Attributes</legend>
          {attributes.map(({ name, title }) => <Choice key={name} name={name} title={title} shown={shown} onToggle={onToggle} />)}
        </fieldset>
      ) : null}
    </div>
  );
}

interface KeysProps {
  kind: "metrics" | "params" | "tags";
  title: string;
  experiments: readonly string[];
  contains: string;
  shown: ReadonlyMap<string, string>;
  onToggle: (name: string) => void;
}

function Keys({ kind, title, experiments, contains, shown, onToggle }: KeysProps) {
  const found = useQuery(keysQuery({ experiment_ids: [...experiments], kind, contains, limit: MOST }));
  if (found.error) return <Failure what={`${title} could not be found.`} error={found.error} onRetry={() => void found.refetch()} />;
  if (!found.data) return <SkeletonLines label={title} lines={3} />;
  if (found.data.total === 0) return null;
  const left = found.data.total - found.data.keys.length;
  return (
    <fieldset>
      <legend className="font-medium">{title} <span className="font-normal text-muted">{formatCount(found.data.total)}</span></legend>
      {found.data.keys.map(({ key, runs }) => <Choice key={key} name={`${kind}.${key}`} title={key} runs={runs} shown={shown} onToggle={onToggle} />)}
      {left > 0 ? <p className="text-muted">and {formatCount(left)} more: search for them</p> : null}
    </fieldset>
  );
}

interface ChoiceProps {
  name: string;
  title: string;
  runs?: number;
  shown: ReadonlyMap<string, string>;
  onToggle: (name: string) => void;
}

function Choice({ name, title, runs, shown, onToggle }: ChoiceProps) {
  const now = shown.get(name);
  return (
    <label className="flex items-center gap-2 py-0.5">
      <Checkbox checked={now !== undefined} onChange={() => onToggle(now ?? name)} />
      <span className="min-w-0 flex-1 truncate" title={title}>{title}</span>
      {runs === undefined ? null : <span className="text-muted" title={`${runs} runs have it`}>{formatCount(runs)}</span>}
    </label>
  );
}

function withoutAspect(name: string): string {
  const { kind, key } = partsOf(name);
  return `${kind}.${key}`;
}
