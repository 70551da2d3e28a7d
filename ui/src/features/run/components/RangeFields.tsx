import { type FormEvent, useState } from "react";

import { Button } from "../../../components/Button";
import type { Range } from "../../../components/charts/types";
import { Input, Label } from "../../../components/Field";
import { formatTime } from "../../../lib/format";
import type { Axis } from "../logic/lines";

interface Props {
  axis: Axis;
  range: Range | null;
  onChange: (range: Range | null) => void;
}

/** The ends of an axis in writing: steps, seconds since the start, or local times. One that is left empty is open. */
export function RangeFields({ axis, range, onChange }: Props) {
  const [from, setFrom] = useState(range ? written(axis, range.least) : "");
  const [to, setTo] = useState(range ? written(axis, range.most) : "");
  const least = from === "" ? Number.NEGATIVE_INFINITY : read(axis, from);
  const most = to === "" ? Number.POSITIVE_INFINITY : read(axis, to);
  const wrong = Number.isNaN(least) || Number.isNaN(most) || least >= most;
  const show = (event: FormEvent) => {
    event.preventDefault();
    if (!wrong) onChange(from === "" && to === "" ? null : { least, most });
  };
  const unit = axis === "step" ? "step" : axis === "relative" ? "seconds" : "time";
  return (
    <form onSubmit={show} className="flex flex-wrap items-end gap-2">
      <Label title={`From ${unit}`}><Input value={from} onChange={(event) => setFrom(event.target.value)} className={axis === "time" ? "w-44" : "w-24"} /></Label>
      <Label title={`to ${unit}`}><Input value={to} onChange={(event) => setTo(event.target.value)} className={axis === "time" ? "w-44" : "w-24"} /></Label>
      <Button type="submit" disabled={wrong}>Show</Button>
      {range ? <Button onClick={() => onChange(null)}>Show all</Button> : null}
    </form>
  );
}

function written(axis: Axis, value: number): string {
  if (!Number.isFinite(value)) return "";
  if (axis === "time") return formatTime(value);
  return String(Number((axis === "relative" ? value / 1000 : value).toPrecision(8)));
}

function read(axis: Axis, text: string): number {
  if (axis === "time") return new Date(text.trim().replace(" ", "T")).getTime();
  return axis === "relative" ? Number(text) * 1000 : Number(text);
}
