import { type FormEvent, useState } from "react";

import { Button } from "../../../components/Button";
import { type Brush, isChosen } from "../../../components/charts/brushing";
import { isNumeric, type Scale, type ScaleKind } from "../../../components/charts/scales";
import type { ParallelAxis } from "../../../components/charts/strands";
import { Checkbox, Input, Select } from "../../../components/Field";
import { Popover } from "../../../components/Menu";
import type { Compared } from "../logic/comparison";

interface Props {
  axis: ParallelAxis;
  place: number;
  count: number;
  compared: Compared;
  brush: Brush | undefined;
  onBrush: (brush: Brush | null) => void;
  onKind: (kind: ScaleKind) => void;
  onMove: (to: number) => void;
  onRemove: () => void;
}

/** The name of an axis; a press on it opens all that a mouse does, and more, for the keyboard. */
export function AxisMenu({ axis, place, count, compared, brush, onBrush, onKind, onMove, onRemove }: Props) {
  const numeric = isNumeric(compared.column(axis.key));
  return (
    <Popover
      label={`Axis ${axis.title}`}
      trigger={<button type="button" title={`${axis.title}: press for its scale, place and brush`} className={`max-w-full truncate rounded px-1.5 py-1 text-center font-medium hover:bg-sunken ${brush ? "text-accent" : ""}`}>{axis.title}</button>}
    >
      <div className="flex w-64 flex-col gap-3">
        <p className="font-medium break-words">{axis.key}</p>
        {numeric ? (
          <label className="flex items-center gap-2">Scale
            <Select value={axis.scale.kind} onChange={(event) => onKind(event.target.value as ScaleKind)}>
              <option value="linear">linear</option>
              <option value="log">logarithmic</option>
              <option value="category">categories</option>
            </Select>
          </label>
        ) : null}
        {axis.scale.kind === "category" ? <Categories scale={axis.scale} brush={brush} onBrush={onBrush} /> : <Stretch brush={brush} onBrush={onBrush} />}
        <div className="flex flex-wrap gap-2">
          <Button disabled={place === 0} onClick={() => onMove(place - 1)}>← Left</Button>
          <Button disabled={place === count - 1} onClick={() => onMove(place + 1)}>Right →</Button>
          <Button kind="danger" onClick={onRemove}>Remove</Button>
        </div>
      </div>
    </Popover>
  );
}

interface BrushProps {
  brush: Brush | undefined;
  onBrush: (brush: Brush | null) => void;
}

function Stretch({ brush, onBrush }: BrushProps) {
  const now = brush && !isChosen(brush) ? brush : null;
  const [from, setFrom] = useState(String(now?.least ?? ""));
  const [to, setTo] = useState(String(now?.most ?? ""));
  const chosen = (event: FormEvent) => {
    event.preventDefault();
    const [least, most] = [from.trim() === "" ? -Number.MAX_VALUE : Number(from), to.trim() === "" ? Number.MAX_VALUE : Number(to)];
    if (least <= most) onBrush(from.trim() === "" && to.trim() === "" ? null : { least, most });
  };
  return (
    <form className="flex items-center gap-2" onSubmit={chosen}>
      <Input aria-label="From" placeholder="from" inputMode="decimal" value={from} onChange={(event) => setFrom(event.target.value)} className="w-0 flex-1" />
      <Input aria-label="To" placeholder="to" inputMode="decimal" value={to} onChange={(event) => setTo(event.target.value)} className="w-0 flex-1" />
      <Button type="submit">Brush</Button>
    </form>
  );
}

const MOST = 60;

function Categories({ scale, brush, onBrush }: BrushProps & { scale: Scale }) {
  const chosen = brush && isChosen(brush) ? brush : [];
  const toggled = (name: string) => {
    const next = chosen.includes(name) ? chosen.filter((each) => each !== name) : [...chosen, name];
    onBrush(next.length ? next : null);
  };
  return (
    <ul className="max-h-48 overflow-auto">
      {scale.categories.slice(0, MOST).map((name) => (
        <li key={name}><label className="flex items-center gap-2 py-0.5"><Checkbox checked={chosen.includes(name)} onChange={() => toggled(name)} /><span className="min-w-0 break-words">{name === "" ? "(empty)" : name}</span></label></li>
      ))}
    </ul>
  );
}
