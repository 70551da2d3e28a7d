/** What is drawn of one thing in pictures of many: its name, its colour, and whether it steps back. */

export interface Item {
  key: string;
  label: string;
  color: string;
  faded: boolean;
}

export interface Linked {
  /** What is hovered, here or elsewhere. */
  hovered?: string | null;
  onHover?: (key: string | null) => void;
}

/** What is faded is drawn first and what is hovered last, so that it lies on top. */
export function inOrder<T extends Item>(items: readonly T[], hovered: string | null): T[] {
  const rank = (item: T) => (item.key === hovered ? 2 : item.faded ? 0 : 1);
  return [...items].sort((one, other) => rank(one) - rank(other));
}

export interface Spot<T> {
  left: number;
  top: number;
  item: T;
}

/** The spot nearest to a place, within reach; one that does not step back goes before one that does. */
export function nearestSpot<T extends Item>(spots: readonly Spot<T>[], left: number, top: number, reach = 14): Spot<T> | null {
  let best: Spot<T> | null = null;
  let least = reach * reach;
  for (const spot of spots) {
    const away = (spot.left - left) ** 2 + (spot.top - top) ** 2 + (spot.item.faded ? 60 : 0);
    if (away < least) [best, least] = [spot, away];
  }
  return best;
}
