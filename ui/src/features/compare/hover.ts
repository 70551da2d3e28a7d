/** The run that is hovered somewhere on the page, told to all pictures without drawing the page anew. */

import { createContext, useContext, useSyncExternalStore } from "react";

export class Hover {
  private key: string | null = null;
  private readonly listeners = new Set<() => void>();

  readonly now = (): string | null => this.key;

  readonly tell = (key: string | null): void => {
    if (key === this.key) return;
    this.key = key;
    for (const listener of this.listeners) listener();
  };

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };
}

export const HoverContext = createContext(new Hover());

export function useHover(): [hovered: string | null, tell: (key: string | null) => void] {
  const hover = useContext(HoverContext);
  return [useSyncExternalStore(hover.listen, hover.now), hover.tell];
}

/** For those who tell and do not look. */
export function useTellHover(): (key: string | null) => void {
  return useContext(HoverContext).tell;
}

/** Whether it is this run: only the one that was and the one that is are drawn anew. */
export function useIsHovered(key: string): boolean {
  const hover = useContext(HoverContext);
  return useSyncExternalStore(hover.listen, () => hover.now() === key);
}
