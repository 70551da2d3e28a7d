import type { Stroke } from "../../../lib/color";

/** The line a run has in charts. */
export function Swatch({ stroke, className = "" }: { stroke: Stroke | undefined; className?: string }) {
  if (!stroke) return null;
  return (
    <svg aria-hidden width="22" height="8" className={`shrink-0 ${className}`}>
      <line x1="0" x2="22" y1="4" y2="4" stroke={stroke.color} strokeWidth="2.5" strokeDasharray={stroke.dash.join(" ")} />
    </svg>
  );
}
