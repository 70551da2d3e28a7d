import { ramp } from "../../../components/charts/palette";
import { strokeAt } from "../../../lib/color";
import { useDark } from "../../../lib/theme";
import type { Coloring } from "../items";
import { titleOf } from "../logic/comparison";

const MOST = 12;

/** What the colours of the pictures mean. */
export function ColorLegend({ coloring: { column, scale } }: { coloring: Coloring }) {
  const dark = useDark();
  if (scale === null) return <span className="text-muted">Each run has its colour of the list.</span>;
  if (scale.kind === "category") {
    return (
      <ul aria-label={`Colours of ${titleOf(column)}`} className="flex flex-wrap gap-x-3">
        {scale.categories.slice(0, MOST).map((name, place) => (
          <li key={name} className="flex max-w-40 items-center gap-1.5"><span aria-hidden className="size-2.5 shrink-0 rounded-full" style={{ background: strokeAt(place, dark).color }} /><span className="truncate" title={name}>{name === "" ? "(empty)" : name}</span></li>
        ))}
        {scale.categories.length > MOST ? <li className="text-muted">and {scale.categories.length - MOST} more</li> : null}
      </ul>
    );
  }
  const marks = scale.marks(3);
  return (
    <div className="flex items-center gap-2">
      <span className="max-w-40 truncate" title={titleOf(column)}>{titleOf(column)}</span>
      <div role="img" aria-label={`Colours of ${titleOf(column)}, from ${marks[0]?.text ?? ""} to ${marks[marks.length - 1]?.text ?? ""}`} className="w-52">
      <div className="h-2.5 rounded-sm" style={{ background: ramp(dark) }} />
      <div className="relative h-4 text-xs text-muted">
        {marks.map(({ at, text }) => <span key={at} className={`absolute ${at > 0.9 ? "-translate-x-full" : at < 0.1 ? "" : "-translate-x-1/2"}`} style={{ left: `${at * 100}%` }}>{text}</span>)}
      </div>
      </div>
    </div>
  );
}
