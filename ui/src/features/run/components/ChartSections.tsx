import { ChartGrid } from "../../../components/charts/ChartGrid";
import type { Run } from "../../../wire/types";
import type { Group } from "../logic/groups";
import type { ChartView, SetChartView } from "../use-chart-view";
import { ChartCard } from "./ChartCard";

interface Props {
  run: Run;
  groups: readonly Group[];
  view: ChartView;
  set: SetChartView;
  system: boolean;
}

/** Charts in sections that can be closed. */
export function ChartSections({ run, groups, view, set, system }: Props) {
  const toggle = (list: readonly string[], name: string) => (list.includes(name) ? list.filter((each) => each !== name) : [...list, name]);
  return groups.map(({ prefix, metrics }) => {
    const title = prefix || (system ? "System" : groups.length > 1 ? "Other" : "Metrics");
    const open = !view.closed.includes(title);
    return (
      <section key={title} aria-label={title}>
        <h2>
          <button type="button" aria-expanded={open} onClick={() => set("closed", toggle(view.closed, title))} className="flex items-center gap-2 py-1 text-base font-semibold">
            <span aria-hidden className="w-3 text-muted">{open ? "▾" : "▸"}</span>
            {title}
            <span className="font-normal text-muted">{metrics.length}</span>
          </button>
        </h2>
        {open ? (
          <ChartGrid columns={view.columns}>
            {metrics.map((metric) => (
              <ChartCard
                key={metric}
                run={run}
                metric={metric}
                view={view}
                pinned={view.pins.includes(metric)}
                onPin={() => set("pins", toggle(view.pins, metric))}
                onEnlarge={() => set("large", metric)}
              />
            ))}
          </ChartGrid>
        ) : null}
      </section>
    );
  });
}
