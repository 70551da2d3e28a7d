type Value = string | number | boolean | null | undefined;

/** Rows as CSV, as spreadsheets read it; a text that a spreadsheet would take for a formula is marked as a text. */
export function toCsv(columns: readonly string[], rows: Iterable<readonly Value[]>): string {
  const lines = [columns.map(field).join(",")];
  for (const row of rows) lines.push(row.map(field).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function field(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) && !/^-?(\d|Infinity)/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
