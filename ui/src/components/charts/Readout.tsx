import type { ReactNode } from "react";

/** A small panel beside a place of a picture, on the side where there is room. */
export function Readout({ left, top, width, children }: { left: number; top: number; width: number; children: ReactNode }) {
  const side = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div aria-hidden className="pointer-events-none absolute z-10 max-w-[60%] rounded border border-line bg-raised px-2 py-1 text-xs shadow-md" style={{ ...side, top: Math.max(0, top - 20) }}>
      {children}
    </div>
  );
}
