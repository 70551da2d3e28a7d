import { type KeyboardEvent, type PointerEvent, useRef } from "react";

interface Props {
  label: string;
  value: number;
  least: number;
  most: number;
  step: number;
  /** How much a pixel of the mouse's way is. */
  perPixel?: number;
  onMove: (value: number) => void;
  onDone: (value: number) => void;
  className?: string;
}

/** An edge that is drawn with the mouse or moved with the arrow keys: between columns, between parts of a page. */
export function Grip({ label, value, least, most, step, perPixel = 1, onMove, onDone, className = "" }: Props) {
  const start = useRef<{ x: number; value: number; now: number } | null>(null);
  const fit = (wanted: number) => Math.min(most, Math.max(least, wanted));
  const down = (event: PointerEvent<HTMLDivElement>) => {
    event.preventDefault();
    event.currentTarget.setPointerCapture(event.pointerId);
    start.current = { x: event.clientX, value, now: value };
  };
  const move = (event: PointerEvent) => {
    const from = start.current;
    if (from === null) return;
    from.now = fit(from.value + (event.clientX - from.x) * perPixel);
    onMove(from.now);
  };
  const up = () => {
    const from = start.current;
    start.current = null;
    if (from) onDone(from.now);
  };
  const pressed = (event: KeyboardEvent) => {
    const way = { ArrowLeft: -step, ArrowRight: step }[event.key];
    if (way === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    onDone(fit(value + way));
  };
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={Math.round(value)}
      aria-valuemin={least}
      aria-valuemax={most}
      tabIndex={0}
      onPointerDown={down}
      onPointerMove={move}
      onPointerUp={up}
      onPointerCancel={up}
      onKeyDown={pressed}
      className={`shrink-0 cursor-col-resize touch-none hover:bg-accent focus-visible:bg-accent ${className}`}
    />
  );
}
