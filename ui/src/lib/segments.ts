import { useLocation } from "wouter";

import { prefix } from "../paths";

/** The parts of a page's address as they were meant: a slash or a percent sign inside of one stays in it. */
export function useSegments(): string[] {
  useLocation(); // another address is another answer
  return segmentsOf(window.location.pathname.slice(prefix.length));
}

export function segmentsOf(path: string): string[] {
  return path.split("/").slice(1).map(decoded);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
