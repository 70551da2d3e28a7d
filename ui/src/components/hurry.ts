/** Whether a table passes by faster than anybody reads. New rows then have their names alone; their other columns follow when it slows. */

import { type RefObject, startTransition, useLayoutEffect, useState } from "react";

const FAST = 0.2; // of what is in sight, in a frame
const FRAMES = 2; // one after the other: a single leap is no hurry
const REST = 80; // milliseconds

export function useHurry(box: RefObject<HTMLElement | null>): boolean {
  const [hurried, setHurried] = useState(false);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let height = element.clientHeight;
    let top = element.scrollTop;
    let fast = 0;
    let timer = 0;
    const sized = new ResizeObserver(() => (height = element.clientHeight));
    const rested = () => startTransition(() => setHurried(false));
    const moved = () => {
      const way = Math.abs(element.scrollTop - top);
      top = element.scrollTop;
      fast = way > height * FAST ? fast + 1 : 0;
      if (fast < FRAMES) return;
      setHurried(true);
      window.clearTimeout(timer);
      timer = window.setTimeout(rested, REST);
    };
    sized.observe(element);
    element.addEventListener("scroll", moved, { passive: true });
    return () => {
      sized.disconnect();
      element.removeEventListener("scroll", moved);
      window.clearTimeout(timer);
    };
  }, [box]);
  return hurried;
}
