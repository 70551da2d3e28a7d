import { useMemo } from "react";

import { IconButton } from "../../../components/Button";
import { formatNumber } from "../../../lib/format";
import type { ComparedRun } from "../logic/comparison";
import { bestPlaces, differenceOf, differenceText, seemsLower } from "../logic/difference";
import { type Shared, useTurned } from "../view";
import { MatrixTable } from "./MatrixTable";

/** The last value of each metric, its difference to the baseline's, and which is the best. */
export function MetricsTable({ shared, keys, turned }: { shared: Shared; keys: readonly string[]; turned: boolean }) {
  const { compared, baseline } = shared;
  const [against, setAgainst] = useTurned();
  const lower = (key: string) => seemsLower(key) !== against.includes(key);
  const base = compared.runs.find(({ id }) => id === baseline);
  const best = useMemo(() => {
    const shown = (key: string) => compared.runs.map(({ place }) => compared.column(`metrics.${key}`)[place]);
    return new Map(keys.map((key) => [key, bestPlaces(shown(key), seemsLower(key) !== against.includes(key))]));
  }, [compared, keys, against]);
  const index = useMemo(() => new Map(compared.runs.map(({ id }, place) => [id, place])), [compared]);
  const direction = (key: string) => {
    const down = lower(key);
    return <IconButton label={`${key}: ${down ? "lower" : "higher"} is better`} className="!size-6 shrink-0" onClick={() => setAgainst(against.includes(key) ? against.filter((each) => each !== key) : [...against, key])}>{down ? "↓" : "↑"}</IconButton>;
  };
  const cell = (key: string, run: ComparedRun) => {
    const values = compared.column(`metrics.${key}`);
    const difference = base && run.id !== baseline ? differenceOf(values[run.place], values[base.place], lower(key)) : null;
    const isBest = best.get(key)?.has(index.get(run.id) ?? -1) ?? false;
    return (
      <span className="flex w-full items-baseline justify-end gap-2" title={String(values[run.place] ?? "")}>
        {isBest ? <span role="img" aria-label="best" title="best" className="text-good">★</span> : null}
        <span className={isBest ? "font-semibold" : ""}>{formatNumber(values[run.place])}</span>
        {difference ? <span className={`min-w-28 text-left text-[0.85em] ${difference.better === null ? "text-muted" : difference.better ? "text-good" : "text-bad"}`}>{differenceText(difference)}</span> : <span className="min-w-28 text-left text-[0.85em] text-muted">{run.id === baseline ? "baseline" : ""}</span>}
      </span>
    );
  };
  return <MatrixTable label="Metrics" shared={shared} keys={keys} turned={turned} cell={cell} aside={direction} width={230} align="right" />;
}
