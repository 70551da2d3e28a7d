import type { ReactNode } from "react";

import { type Cell, numberOf } from "../../../components/charts/scales";
import { Checkbox } from "../../../components/Field";
import { Section } from "../../../components/Page";
import { formatNumber } from "../../../lib/format";
import { type Kind, varying } from "../logic/comparison";
import { type Shared, useFlag } from "../view";
import { MatrixTable } from "./MatrixTable";
import { MetricsTable } from "./MetricsTable";

const FEW = 10;

/** In what the runs differ: params, metrics and tags. */
export function Differences({ shared }: { shared: Shared }) {
  const [all, setAll] = useFlag("all");
  const [other, setOther] = useFlag("turn");
  const turned = shared.compared.runs.length > FEW !== other;
  return (
    <div className="flex flex-col gap-6">
      <div role="group" aria-label="Tables" className="flex flex-wrap items-center gap-4">
        <label className="flex items-center gap-1.5"><Checkbox checked={all} onChange={() => setAll(!all)} />also what is equal in all runs</label>
        <label className="flex items-center gap-1.5"><Checkbox checked={other} onChange={() => setOther(!other)} />{shared.compared.runs.length > FEW ? "runs as columns" : "runs as rows"}</label>
      </div>
      <Part kind="params" title="Params" shared={shared} all={all}>
        {(keys) => <MatrixTable label="Params" shared={shared} keys={keys} turned={turned} cell={(key, run) => <Value text={shared.compared.column(`params.${key}`)[run.place]} />} />}
      </Part>
      <Part kind="metrics" title="Metrics, and how they differ from the baseline" shared={shared} all={all}>
        {(keys) => <MetricsTable shared={shared} keys={keys} turned={turned} />}
      </Part>
      <Part kind="tags" title="Tags" shared={shared} all={all}>
        {(keys) => <MatrixTable label="Tags" shared={shared} keys={keys} turned={turned} cell={(key, run) => <Value text={shared.compared.column(`tags.${key}`)[run.place]} />} />}
      </Part>
    </div>
  );
}

interface PartProps {
  kind: Kind;
  title: string;
  shared: Shared;
  all: boolean;
  children: (keys: readonly string[]) => ReactNode;
}

function Part({ kind, title, shared: { compared }, all, children }: PartProps) {
  const every = compared.keys[kind];
  const different = varying(compared, kind);
  const keys = all ? every : different;
  return (
    <Section title={title} aside={<span className="text-muted">{different.length} of {every.length} differ</span>}>
      {keys.length ? children(keys) : <p className="text-muted">{every.length ? `All ${kind} are equal in these runs.` : `These runs have no ${kind}.`}</p>}
    </Section>
  );
}

const LONG = 10;

/** Numbers with many digits are rounded; the title has them all. */
function shortText(value: Cell): string {
  const number = String(value).length > LONG ? numberOf(value) : null;
  return number !== null ? formatNumber(number, 6) : value === "" ? "(empty)" : String(value);
}

function Value({ text }: { text: Cell }) {
  if (text === null || text === undefined) return <span className="text-muted">–</span>;
  return <span className="truncate" title={String(text)}>{shortText(text)}</span>;
}

