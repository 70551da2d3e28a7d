/**
 * The differences of two texts line by line: a shortest way from one to the other, found as E. W. Myers described it in
 * "An O(ND) Difference Algorithm and Its Variations" (1986). What begins and ends alike is set aside first.
 */

export interface Edit {
  kind: "same" | "removed" | "added";
  /** Counted from 0; null where the line is not in that text. */
  left: number | null;
  right: number | null;
}

export interface TextDiff {
  edits: Edit[];
  /** False where the texts differ so much that their middles stand one after the other. */
  aligned: boolean;
}

const MOST_STEPS = 1500;

export function diffOf(left: readonly string[], right: readonly string[], mostSteps = MOST_STEPS): TextDiff {
  let start = 0;
  while (start < left.length && start < right.length && left[start] === right[start]) start += 1;
  let [leftEnd, rightEnd] = [left.length, right.length];
  while (leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]) {
    leftEnd -= 1;
    rightEnd -= 1;
  }
  const middle = shortest(left.slice(start, leftEnd), right.slice(start, rightEnd), mostSteps);
  const moved = (line: number | null) => (line === null ? null : line + start);
  return {
    aligned: middle !== null,
    edits: [
      ...same(start, 0, 0),
      ...(middle ?? apart(leftEnd - start, rightEnd - start)).map((edit) => ({ ...edit, left: moved(edit.left), right: moved(edit.right) })),
      ...same(left.length - leftEnd, leftEnd, rightEnd),
    ],
  };
}

function same(count: number, left: number, right: number): Edit[] {
  return Array.from({ length: count }, (_, line) => ({ kind: "same", left: left + line, right: right + line }));
}

function apart(left: number, right: number): Edit[] {
  return [
    ...Array.from({ length: left }, (_, line): Edit => ({ kind: "removed", left: line, right: null })),
    ...Array.from({ length: right }, (_, line): Edit => ({ kind: "added", left: null, right: line })),
  ];
}

/** Null where the way has more steps than are allowed. */
function shortest(left: readonly string[], right: readonly string[], most: number): Edit[] | null {
  const longest = Math.min(most, left.length + right.length);
  const middle = longest + 1;
  const reach = new Int32Array(2 * longest + 3);
  const before: Int32Array[] = [];
  for (let steps = 0; steps <= longest; steps += 1) {
    before.push(reach.slice(middle - steps - 1, middle + steps + 2));
    for (let diagonal = -steps; diagonal <= steps; diagonal += 2) {
      const down = diagonal === -steps || (diagonal !== steps && at(reach, middle + diagonal - 1) < at(reach, middle + diagonal + 1));
      let x = down ? at(reach, middle + diagonal + 1) : at(reach, middle + diagonal - 1) + 1;
      while (x < left.length && x - diagonal < right.length && left[x] === right[x - diagonal]) x += 1;
      reach[middle + diagonal] = x;
      if (x >= left.length && x - diagonal >= right.length) return wayBack(before, left.length, right.length);
    }
  }
  return null;
}

function wayBack(before: readonly Int32Array[], leftLength: number, rightLength: number): Edit[] {
  const edits: Edit[] = [];
  let [x, y] = [leftLength, rightLength];
  for (let steps = before.length - 1; steps >= 0; steps -= 1) {
    const reach = before[steps] as Int32Array;
    const middle = steps + 1;
    const diagonal = x - y;
    const down = diagonal === -steps || (diagonal !== steps && at(reach, middle + diagonal - 1) < at(reach, middle + diagonal + 1));
    const fromDiagonal = down ? diagonal + 1 : diagonal - 1;
    const fromX = steps === 0 ? 0 : at(reach, middle + fromDiagonal);
    const fromY = steps === 0 ? 0 : fromX - fromDiagonal;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      edits.push({ kind: "same", left: x, right: y });
    }
    if (steps === 0) break;
    edits.push(down ? { kind: "added", left: null, right: fromY } : { kind: "removed", left: fromX, right: null });
    [x, y] = [fromX, fromY];
  }
  return edits.reverse();
}

const at = (values: Int32Array, place: number): number => values[place] ?? 0;

export interface DiffRow {
  left: number | null;
  right: number | null;
  kind: "same" | "changed";
}

/** Edits as rows of two columns: removed lines stand beside the added ones that follow them. */
export function sideBySide(edits: readonly Edit[]): DiffRow[] {
  const rows: DiffRow[] = [];
  let [removed, added]: [number[], number[]] = [[], []];
  const flush = () => {
    for (let line = 0; line < Math.max(removed.length, added.length); line += 1) rows.push({ kind: "changed", left: removed[line] ?? null, right: added[line] ?? null });
    [removed, added] = [[], []];
  };
  for (const edit of edits) {
    if (edit.kind === "same") {
      flush();
      rows.push({ kind: "same", left: edit.left, right: edit.right });
    } else if (edit.left !== null) removed.push(edit.left);
    else if (edit.right !== null) added.push(edit.right);
  }
  flush();
  return rows;
}

export type Folded<T> = T | { hidden: T[] };

/** Long stretches without a difference are folded; `around` lines beside each difference stay. */
export function folded<T extends { kind: string }>(rows: readonly T[], around = 3): Folded<T>[] {
  const near = new Uint8Array(rows.length);
  rows.forEach((row, place) => {
    if (row.kind !== "same") near.fill(1, Math.max(0, place - around), place + around + 1);
  });
  const all: Folded<T>[] = [];
  let hidden: T[] = [];
  const flush = () => {
    if (hidden.length > 2) all.push({ hidden });
    else all.push(...hidden);
    hidden = [];
  };
  rows.forEach((row, place) => {
    if (near[place]) {
      flush();
      all.push(row);
    } else hidden.push(row);
  });
  flush();
  return all;
}
