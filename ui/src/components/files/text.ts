/** Texts of files: what cannot be seen is shown as an escape, and slices become lines with numbers. */

// Controls but tab and line end, what changes the direction of writing, and what has no width.
const UNSEEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/g;

/** The text with its unseen characters as \u202e; names and contents cannot pretend to be others. */
export function visible(text: string): string {
  return text.replace(UNSEEN, (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The beginning of a name that is too long for its place. */
export function short(text: string, most = 60): string {
  const shown = visible(text);
  return shown.length > most ? `${shown.slice(0, most - 1)}…` : shown;
}

/** Some whole lines, and the number of the first. */
export interface Block {
  first: number;
  lines: readonly string[];
}

/** Slices of a text as blocks of lines: a line that a slice cut is whole in the block where it begins. */
export function blocks(slices: readonly string[]): Block[] {
  const found: Block[] = [];
  let first = 1;
  let rest = "";
  slices.forEach((slice, place) => {
    const lines = (rest + slice).replace(/\r\n|\r(?=[^])/g, "\n").split("\n");
    rest = place < slices.length - 1 ? (lines.pop() ?? "") : "";
    if (place === slices.length - 1 && lines.length > 1 && lines.at(-1) === "") lines.pop();
    if (lines.length) found.push({ first, lines });
    first += lines.length;
  });
  return found;
}
