import { useMemo } from "react";
import { useLocation } from "wouter";

import { Box } from "../../../components/charts/Box";
import { groupsOf } from "../../../components/charts/box";
import { Histogram } from "../../../components/charts/Histogram";
import { isNumeric, numberOf } from "../../../components/charts/scales";
import { Section } from "../../../components/Page";
import { Empty } from "../../../components/States";
import { paths } from "../../../paths";
import { useHover } from "../hover";
import { type Coloring, scaleFor } from "../items";
import { type Compared, distinct, titleOf, varying } from "../logic/comparison";
import { type Shared, useColumn, useKinds } from "../view";
import { ColumnSelect } from "./ColumnSelect";

interface Props {
  shared: Shared;
  coloring: Coloring;
  numeric: readonly string[];
}

const WHOLE = "-";
const MOST_GROUPS = 24;

/** Of what has few values the first that are words, else the first that are numbers. */
function firstGrouping({ column, runs }: Compared, options: readonly string[]): string {
  const few = options.filter((name) => distinct(column(name)) <= Math.min(8, runs.length - 1));
  return few.find((name) => name.startsWith("params.") && !isNumeric(column(name))) ?? few[0] ?? WHOLE;
}

/** How the values of a metric lie: in groups of a param's values, or of all runs together. */
export function SpreadPanel({ shared: { compared }, coloring, numeric }: Props) {
  const [value, setValue] = useColumn("value");
  const [by, setBy] = useColumn("by");
  const [kinds] = useKinds();
  const [hovered, tell] = useHover();
  const [, navigate] = useLocation();
  const column = value || numeric.find((name) => name.startsWith("metrics.")) || numeric[0] || "";
  const options = useMemo(() => [...varying(compared, "params").map((key) => `params.${key}`), ...varying(compared, "tags").map((key) => `tags.${key}`)], [compared]);
  const grouping = by || (firstGrouping(compared, options));
  const items = useMemo(() => {
    const values = compared.column(column);
    return coloring.items.map((item, index) => ({ ...item, value: numberOf(values[compared.runs[index]?.place ?? -1]) }));
  }, [compared, column, coloring]);
  const groups = useMemo(() => {
    const values = compared.column(grouping);
    return groupsOf(compared.runs.map(({ place }) => values[place]))
      .slice(0, MOST_GROUPS)
      .map(({ name, members }) => ({ name, items: members.flatMap((place) => (items[place] && items[place].value !== null ? [{ ...items[place], value: items[place].value }] : [])) }));
  }, [compared, grouping, items]);
  const scale = useMemo(() => scaleFor(compared, column, kinds), [compared, column, kinds]);
  if (numeric.length === 0) return <Section title="Spread"><Empty>These runs have no numbers to draw.</Empty></Section>;
  return (
    <Section title="Spread">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <ColumnSelect label="Values of" value={column} options={numeric} onChange={setValue} />
        <ColumnSelect label="grouped by" value={grouping === WHOLE ? "" : grouping} options={options} onChange={(to) => setBy(to || WHOLE)} none="nothing" />
      </div>
      {grouping === WHOLE ? (
        <Histogram title="Spread" items={items} xTitle={titleOf(column)} noun="runs" height={320} hovered={hovered} />
      ) : (
        <Box title="Spread" groups={groups} y={scale} xTitle={titleOf(grouping)} yTitle={titleOf(column)} height={320} hovered={hovered} onHover={tell} onOpen={(run) => navigate(paths.run(run))} />
      )}
    </Section>
  );
}
