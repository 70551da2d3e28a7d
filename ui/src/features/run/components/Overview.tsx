import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "wouter";

import { paths } from "../../../paths";
import type { Param, Run } from "../../../wire/types";
import { extremesQuery } from "../api/get-extremes";
import type { Cell } from "../logic/facts";
import { valueOf } from "../logic/lines";
import { Children } from "./Children";
import { Details } from "./Details";
import { FactTable } from "./FactTable";
import { Lineage } from "./Lineage";
import { Note } from "./Note";
import { Tags } from "./Tags";

/** What is known of a run, but for its curves and files. */
export function Overview({ run }: { run: Run }) {
  return (
    <div className="grid grid-cols-1 items-start gap-x-8 gap-y-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <div className="flex min-w-0 flex-col gap-6">
        <Note key={run.info.run_id} run={run} />
        <Metrics run={run} />
        <Params run={run} />
        <Children run={run} />
      </div>
      <div className="flex min-w-0 flex-col gap-6">
        <Details run={run} />
        <Lineage run={run} />
        <Tags run={run} />
      </div>
    </div>
  );
}

const paramCells = (param: Param): Cell[] => [param.key, param.value ?? ""];
const NO_PARAMS: Param[] = [];

function Params({ run }: { run: Run }) {
  return <FactTable title="Params" columns={["param", "value"]} rows={run.data?.params ?? NO_PARAMS} cells={paramCells} empty="No params were logged." />;
}

type MetricRow = readonly [key: string, last: Cell, min: Cell, max: Cell, step: number];
const metricCells = (row: MetricRow): readonly Cell[] => row;

function Metrics({ run }: { run: Run }) {
  const metrics = run.data?.metrics;
  const names = useMemo(() => (metrics ?? []).map((metric) => metric.key).sort(), [metrics]);
  const { data: extremes } = useQuery(extremesQuery(run.info.run_id, names, run.info.status === "RUNNING"));
  const rows = useMemo(
    () =>
      (metrics ?? []).map((metric): MetricRow => {
        const ends = extremes?.get(metric.key);
        return [metric.key, valueOf(metric.value), valueOf(ends?.min ?? null), valueOf(ends?.max ?? null), metric.step ?? 0];
      }),
    [metrics, extremes],
  );
  const charts = rows.length ? <Link href={paths.run(run.info.run_id, "metrics")}>Charts</Link> : null;
  return <FactTable title="Metrics" columns={["metric", "last", "min", "max", "step"]} rows={rows} cells={metricCells} empty="No metrics were logged." aside={charts} />;
}
