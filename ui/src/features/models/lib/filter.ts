/** What is typed into the search of models, as a filter of the server. */

const COMPARISON = /(^|\s)(name|tags?\.)[^=<>!]*(=|!=|\blike\b|\bilike\b)/i;

/** A text as a word of the filter language. */
export function quoted(text: string): string {
  return text.includes("'") ? `"${text.replaceAll('"', '\\"')}"` : `'${text}'`;
}

/** A filter as it is; any other text is looked for in names. */
export function asFilter(typed: string): string {
  const text = typed.trim();
  if (text === "" || COMPARISON.test(text)) return text;
  return `name ILIKE ${quoted(`%${text}%`)}`;
}
