import { useMemo } from "react";

import { useColoring } from "../items";
import { numericColumns } from "../logic/comparison";
import type { Shared } from "../view";
import { ParallelPanel, useAxisColumns } from "./ParallelPanel";
import { ScatterPanel } from "./ScatterPanel";
import { SpreadPanel } from "./SpreadPanel";
import { ValuesTable } from "./ValuesTable";

/** How params and metrics hang together. One brush holds for all pictures, and for the charts. */
export function Relations({ shared }: { shared: Shared }) {
  const coloring = useColoring(shared);
  const columns = useAxisColumns(shared);
  const numeric = useMemo(() => numericColumns(shared.compared), [shared.compared]);
  return (
    <div className="flex flex-col gap-6">
      <ParallelPanel shared={shared} coloring={coloring} columns={columns} />
      <div className="grid grid-cols-[repeat(auto-fit,minmax(min(100%,26rem),1fr))] gap-6">
        <ScatterPanel shared={shared} coloring={coloring} numeric={numeric} />
        <SpreadPanel shared={shared} coloring={coloring} numeric={numeric} />
      </div>
      <ValuesTable shared={shared} columns={columns} />
    </div>
  );
}
