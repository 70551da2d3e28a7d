import { Button } from "../../../components/Button";
import { ChartGrid } from "../../../components/charts/ChartGrid";
import { Checkbox, Select } from "../../../components/Field";
import { Empty } from "../../../components/States";
import type { AxisName } from "../api/compare-runs";
import { type Shared, useAxis, useFlag, useLog, useMetrics, useSmoothing, useZoom } from "../view";
import { ChartCard } from "./ChartCard";
import { KeyPicker } from "./KeyPicker";

/** A chart for each chosen metric, all runs laid over one another. */
export function Charts({ shared }: { shared: Shared }) {
  const { compared } = shared;
  const [chosen, setChosen] = useMetrics();
  const [axis, setAxis] = useAxis();
  const [smoothing, setSmoothing] = useSmoothing();
  const [logX, setLogX] = useLog("x");
  const [logY, setLogY] = useLog("y");
  const [asTable, setAsTable] = useFlag("table");
  const [zoom, setZoom] = useZoom();
  const metrics = chosen.length ? chosen : compared.drawn;
  const changeAxis = (to: AxisName) => {
    setZoom(null);
    setAxis(to);
  };
  if (compared.keys.metrics.length === 0) return <Empty snippet={'for step, loss in enumerate(losses):\n    mlflow.log_metric("loss", loss, step=step)'}>These runs have no metrics yet.</Empty>;
  return (
    <div className="flex flex-col gap-3">
      <div role="group" aria-label="Charts" className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <KeyPicker label="Metrics" noun="metrics" options={compared.keys.metrics} chosen={metrics} onChange={setChosen} />
        <label className="flex items-center gap-2">Axis
          <Select value={axis} onChange={(event) => changeAxis(event.target.value as AxisName)}>
            <option value="step">step</option>
            <option value="time">time</option>
            <option value="relative">relative time</option>
          </Select>
        </label>
        <label className="flex items-center gap-2">Smoothing
          <input type="range" min={0} max={0.99} step={0.01} value={smoothing} onChange={(event) => setSmoothing(Number(event.target.value))} className="w-28 accent-accent" />
          <span className="w-8 tabular-nums">{smoothing.toFixed(2)}</span>
        </label>
        <label className="flex items-center gap-1.5"><Checkbox checked={logX} onChange={() => setLogX(!logX)} />log x</label>
        <label className="flex items-center gap-1.5"><Checkbox checked={logY} onChange={() => setLogY(!logY)} />log y</label>
        <label className="flex items-center gap-1.5"><Checkbox checked={asTable} onChange={() => setAsTable(!asTable)} />as tables</label>
        {zoom ? <Button kind="quiet" onClick={() => setZoom(null)}>Show the whole axis</Button> : null}
      </div>
      <ChartGrid columns={0}>
        {metrics.map((metric) => (
          <ChartCard key={metric} metric={metric} shared={shared} axis={axis} smoothing={smoothing} asTable={asTable} height={metrics.length <= 3 ? 340 : 250} onRemove={() => setChosen(metrics.filter((each) => each !== metric))} />
        ))}
      </ChartGrid>
    </div>
  );
}
