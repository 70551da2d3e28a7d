import { strokeAt } from "../../../lib/color";
import { useDark } from "../../../lib/theme";

/** The colour and dash a run has in the pictures; a click hides its line or brings it back. */
export function Swatch({ place, isHidden, onToggle }: { place: number; isHidden: boolean; onToggle: () => void }) {
  const dark = useDark();
  if (place < 0) return null;
  const { color, dash } = strokeAt(place, dark);
  return (
    <button type="button" aria-pressed={!isHidden} aria-label={isHidden ? "Draw the run" : "Hide the run from the charts"} title={isHidden ? "Draw it" : "Hide it from the charts"} onClick={onToggle} className="flex size-5 items-center justify-center rounded hover:bg-sunken">
      <svg aria-hidden width="18" height="8">
        {isHidden ? <circle cx="9" cy="4" r="3" fill="none" stroke="currentColor" opacity="0.5" /> : <line x1="0" x2="18" y1="4" y2="4" stroke={color} strokeWidth="3" strokeDasharray={dash.join(" ")} />}
      </svg>
    </button>
  );
}
