import { useMemo, useState } from "react";
import { useLocation } from "wouter";

import { type Cell, numberOf } from "../../../components/charts/scales";
import { Section } from "../../../components/Page";
import { type Column, VirtualTable } from "../../../components/VirtualTable";
import { formatNumber } from "../../../lib/format";
import { paths } from "../../../paths";
import { useTellHover } from "../hover";
import { type ComparedRun, titleOf } from "../logic/comparison";
import { sortedRuns } from "../logic/sorting";
import type { Shared } from "../view";
import { Swatch } from "./Swatch";

const ROW = 30;

/** What the pictures above show, in numbers: the brushed runs first. */
export function ValuesTable({ shared, columns }: { shared: Shared; columns: readonly string[] }) {
  const { compared, strokes, faded } = shared;
  const [sort, setSort] = useState<{ key: string; descending: boolean } | null>(null);
  const tell = useTellHover();
  const [, navigate] = useLocation();
  const rows = useMemo(() => sortedRuns(compared, faded, sort), [compared, faded, sort]);
  const shown: Column<ComparedRun>[] = [
    { key: "run", title: "Run", width: 220, pinned: true, brief: ({ name }) => name, sort: directionOf(sort, "run"), cell: ({ id, name }) => <span className="flex min-w-0 items-center gap-2"><Swatch stroke={strokes.get(id)} className={faded.has(id) ? "opacity-25" : ""} /><span className="truncate" title={name}>{name}</span></span> },
    ...columns.map((key): Column<ComparedRun> => {
      const values = compared.column(key);
      const scale = numberOf(values.find((value) => value !== null)) === null ? "left" : "right";
      return { key, title: titleOf(key), width: Math.max(104, Math.min(200, titleOf(key).length * 8 + 30)), align: scale, sort: directionOf(sort, key), cell: ({ place }) => <span className="truncate" title={String(values[place] ?? "")}>{shortened(values[place])}</span> };
    }),
  ];
  const sorted = ({ key }: Column<ComparedRun>) => setSort((before) => (before?.key !== key ? { key, descending: false } : before.descending ? null : { key, descending: true }));
  return (
    <Section title="Values">
      <div className="flex flex-col" style={{ height: Math.min(12, rows.length) * ROW + 50 }}>
        <VirtualTable
          label="Values of the axes of each run"
          columns={shown}
          total={rows.length}
          rowAt={(place) => rows[place]}
          rowHeight={ROW}
          onSort={sorted}
          onHover={(place) => tell(place === null ? null : (rows[place]?.id ?? null))}
          onOpen={(place) => rows[place] && navigate(paths.run(rows[place].id))}
          rowLook={({ id }) => (faded.has(id) ? "text-muted" : "")}
        />
      </div>
    </Section>
  );
}

function directionOf(sort: { key: string; descending: boolean } | null, key: string) {
  if (sort?.key !== key) return undefined;
  return sort.descending ? "descending" : "ascending";
}

const shortened = (value: Cell) => formatNumber(typeof value === "string" ? (numberOf(value) ?? value) : value);
