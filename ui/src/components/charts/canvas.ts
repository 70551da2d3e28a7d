/** A canvas that is as large as its place, sharp on any screen, and drawn anew when what it shows changes. */

import { useEffect, useRef, useState } from "react";

export interface Size {
  width: number;
  height: number;
}

export const FONT = '11px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif';

export type Draw = (ctx: CanvasRenderingContext2D, size: Size) => void;

/** `draw` is called again whenever it is another function: make it with useCallback. */
export function usePicture(draw: Draw) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useEffect(() => {
    const place = canvas.current?.parentElement;
    if (!place) return undefined;
    const measured = () => setSize((before) => (before.width === place.clientWidth && before.height === place.clientHeight ? before : { width: place.clientWidth, height: place.clientHeight }));
    measured();
    const sizes = new ResizeObserver(measured);
    sizes.observe(place);
    return () => sizes.disconnect();
  }, []);
  useEffect(() => {
    const ctx = canvas.current?.getContext("2d");
    if (!ctx || !canvas.current || size.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    canvas.current.width = Math.round(size.width * ratio);
    canvas.current.height = Math.round(size.height * ratio);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, size.width, size.height);
    ctx.font = FONT;
    draw(ctx, size);
  }, [draw, size]);
  return { canvas, size };
}

/** A text that is no wider than there is room. */
export function fitted(ctx: CanvasRenderingContext2D, text: string, room: number): string {
  if (ctx.measureText(text).width <= room) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (ctx.measureText(`${text.slice(0, middle)}…`).width <= room) low = middle;
    else high = middle - 1;
  }
  return low === 0 ? "" : `${text.slice(0, low)}…`;
}
