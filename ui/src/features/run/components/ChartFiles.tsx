import type { RefObject } from "react";

import { IconButton } from "../../../components/Button";
import { toCsv } from "../../../components/charts/csv";
import { download, picture } from "../../../components/charts/download";
import { Menu, MenuItem } from "../../../components/Menu";
import { useToast } from "../../../components/Toasts";
import { nameOf } from "../../../lib/run";
import type { Run } from "../../../wire/types";
import { history } from "../api/get-history";
import { valueOf } from "../logic/lines";

const COLUMNS = ["metric", "step", "timestamp_ms", "time", "value"];

/** A chart as files: its picture, and every point of its metric. */
export function ChartFiles({ run, metric, box }: { run: Run; metric: string; box: RefObject<HTMLElement | null> }) {
  const toast = useToast();
  const name = `${nameOf(run)}-${metric}`;
  const attempt = async (what: string, make: () => Promise<Blob>, ending: string) => {
    try {
      download(`${name}.${ending}`, await make());
    } catch (error) {
      toast(`${what} could not be made. ${error instanceof Error ? error.message : ""}`, { bad: true });
    }
  };
  const csv = async () => {
    const points = await history(run.info.run_id, metric);
    const rows = points.map((point) => [metric, point.step ?? 0, point.timestamp, new Date(point.timestamp).toISOString(), valueOf(point.value)]);
    return new Blob([toCsv(COLUMNS, rows)], { type: "text/csv" });
  };
  const png = async () => {
    if (!box.current) throw new Error("The chart is not there.");
    return picture(box.current, metric, []);
  };
  return (
    <Menu trigger={<IconButton label={`Files of ${metric}`}>⋮</IconButton>}>
      <MenuItem onSelect={() => void attempt("The CSV file", csv, "csv")}>Download all points as CSV</MenuItem>
      <MenuItem onSelect={() => void attempt("The picture", png, "png")}>Download the picture as PNG</MenuItem>
    </Menu>
  );
}
