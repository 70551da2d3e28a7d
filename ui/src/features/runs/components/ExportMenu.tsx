import { Button } from "../../../components/Button";
import { Popover } from "../../../components/Menu";
import { url } from "../../../lib/api";
import { formatCount } from "../../../lib/format";
import { type AskedView, askedOf } from "../logic/asked";

interface Props {
  view: AskedView;
  columns: readonly string[];
  runs: number | undefined;
}

/** All matches as a file, not only those that are loaded. */
export function ExportMenu({ view, columns, runs }: Props) {
  const { asked } = askedOf(view, columns);
  const address = (format: "csv" | "parquet", column: readonly string[]) =>
    url("views.export_runs", {
      experiment_id: asked.experiment_ids, filter: asked.filter || undefined, order_by: asked.order_by, view_type: asked.view_type, column, format,
    });
  const asShown = ["attributes.run_id", ...asked.columns.filter((name) => name !== "attributes.run_id")];
  return (
    <Popover label="Export" trigger={<Button>Export</Button>}>
      <div className="flex w-72 flex-col gap-2">
        <p className="text-muted">All {runs === undefined ? "" : formatCount(runs)} runs that match, as one file:</p>
        {(["csv", "parquet"] as const).map((format) => (
          <p key={format} className="flex justify-between gap-3">
            <span className="font-medium">{format === "csv" ? "CSV" : "Parquet"}</span>
            <a href={address(format, asShown)} download>columns as shown</a>
            <a href={address(format, [])} download>all columns</a>
          </p>
        ))}
      </div>
    </Popover>
  );
}
