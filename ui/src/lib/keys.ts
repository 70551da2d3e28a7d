/** Keys of the keyboard that do something, and what: the list that `?` shows is made of them. */

import { useEffect, useRef } from "react";

export interface KeyAction {
  keys: string;
  what: string;
  run: (event: KeyboardEvent) => void;
}

const shown = new Map<symbol, readonly KeyAction[]>();

/** What the keys do on this page at this moment. */
export function keyActions(): KeyAction[] {
  return [...shown.values()].flat();
}

/** Bind keys while a component is there. `keys` is one key ("j", "Enter") or two after one another ("g e"). */
export function useKeys(actions: readonly KeyAction[]): void {
  const current = useRef(actions);
  useEffect(() => {
    current.current = actions;
  });
  useEffect(() => {
    const id = Symbol("keys");
    let before = "";
    let at = 0;
    const pressed = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event)) return;
      const now = event.timeStamp;
      const pair = now - at < 900 ? `${before} ${event.key}` : "";
      before = event.key;
      at = now;
      const action = current.current.find((each) => each.keys === pair) ?? current.current.find((each) => each.keys === event.key);
      if (action) {
        action.run(event);
        if (event.key === "/") event.preventDefault();
      }
    };
    shown.set(id, current.current);
    window.addEventListener("keydown", pressed);
    return () => {
      shown.delete(id);
      window.removeEventListener("keydown", pressed);
    };
  }, []);
}

function isTyping(event: KeyboardEvent): boolean {
  const target = event.target;
  if (!(target instanceof HTMLElement) || event.key === "Escape") return false;
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName) || target.closest("dialog") !== null;
}
