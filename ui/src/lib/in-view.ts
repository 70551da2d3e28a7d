import { type RefObject, useEffect, useState } from "react";

/** Whether an element is on the screen, or nearly. */
export function useInView(ref: RefObject<Element | null>, margin = 240): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const observer = new IntersectionObserver(([entry]) => setSeen(entry?.isIntersecting ?? false), { rootMargin: `${margin}px 0px` });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref, margin]);
  return seen;
}
