/** CSV, read as people write it and written so that a spreadsheet runs nothing of it. */

export interface Csv {
  columns: string[];
  rows: string[][];
}

/** The rows of a text: commas, semicolons or tabs, quotes doubled inside quotes. Throws an `Error` naming the line. */
export function parseCsv(text: string): Csv {
  const clean = text.replace(/^\ufeff/, "");
  const separator = separatorOf(clean);
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  let line = 1;
  const end = () => {
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  while (at < clean.length) {
    let cell = "";
    if (clean[at] === '"') {
      const begun = line;
      for (at += 1; ; at += 1) {
        const letter = clean[at];
        if (letter === undefined) throw new Error(`The quote that begins in line ${begun} does not end.`);
        if (letter === "\n") line += 1;
        if (letter !== '"') cell += letter;
        else if (clean[at + 1] === '"') {
          cell += '"';
          at += 1;
        } else break;
      }
      at += 1;
      if (at < clean.length && ![separator, "\n", "\r"].includes(clean[at] ?? "")) throw new Error(`Line ${line} has text behind a quote.`);
    } else {
      const begin = at;
      while (at < clean.length && clean[at] !== separator && clean[at] !== "\n" && clean[at] !== "\r") at += 1;
      cell = clean.slice(begin, at);
    }
    row.push(cell);
    if (clean[at] === separator) {
      at += 1;
      if (at === clean.length) row.push("");
    } else {
      if (clean[at] === "\r") at += 1;
      if (clean[at] === "\n") at += 1;
      line += 1;
      end();
    }
  }
  if (row.length) end();
  const [columns, ...found] = rows;
  if (!columns) throw new Error("The file is empty.");
  const wrong = found.findIndex((each) => each.length !== columns.length);
  if (wrong >= 0) throw new Error(`Row ${wrong + 1} has ${found[wrong]?.length} values, and the first line names ${columns.length} columns.`);
  return { columns: columns.map((each) => each.trim()), rows: found };
}

/** What separates the names of the first line. */
function separatorOf(text: string): string {
  const first = text.slice(0, text.search(/[\r\n]|$/)).replace(/"[^"]*"/g, "");
  const counts = [",", ";", "\t"].map((each) => [each, first.split(each).length] as const);
  return counts.reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

type Cell = string | number | boolean | null | undefined;

/** Rows as CSV. Texts that a spreadsheet would take for a formula begin with an apostrophe. */
export function toCsv(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const line = (cells: readonly Cell[]) => cells.map(cellText).join(",");
  return `${[columns, ...rows].map(line).join("\r\n")}\r\n`;
}

function cellText(cell: Cell): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell !== "string") return String(cell);
  const safe = /^[=+\-@\t\r]/.test(cell) && !Number.isFinite(Number(cell)) ? `'${cell}` : cell;
  return /[",;\r\n\t]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
