/** A filter's text in tokens, each with its place; forgiving, because it is read while it is typed. */

export type TokenKind = "name" | "number" | "string" | "operator" | "open" | "close" | "comma" | "other";

export interface Token {
  kind: TokenKind;
  text: string;
  start: number;
  end: number;
}

const PART = "(?:\\w+|`(?:[^`]|``)*(?:`|$)|\"(?:[^\"]|\"\")*(?:\"|$))";
const PATTERNS: readonly [TokenKind, RegExp][] = [
  ["string", /'(?:[^']|'')*(?:'|$)/y],
  ["number", /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w)/y],
  ["name", new RegExp(`${PART}(?:\\.${PART}?)*`, "y")],
  ["operator", /[<>=~!]+/y],
  ["open", /\(/y],
  ["close", /\)/y],
  ["comma", /,/y],
  ["other", /\S/y],
];

export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let place = 0;
  while (place < text.length) {
    if (/\s/.test(text.charAt(place))) {
      place += 1;
      continue;
    }
    for (const [kind, pattern] of PATTERNS) {
      pattern.lastIndex = place;
      const found = pattern.exec(text)?.[0];
      if (!found) continue;
      tokens.push({ kind, text: found, start: place, end: place + found.length });
      place += found.length;
      break;
    }
  }
  return tokens;
}

/** Where in the text the server found a mistake, as far as its message tells. */
export function mistakeIn(message: string, text: string): { start: number; end: number } | null {
  const place = /at character (\d+)/.exec(message);
  if (place) {
    const start = Math.min(Number(place[1]) - 1, Math.max(0, text.length - 1));
    const hit = tokenize(text).find((token) => token.start <= start && start < token.end);
    return { start, end: Math.max(start + 1, hit?.end ?? start + 1) };
  }
  for (const quoted of message.matchAll(/'([^']+)'|(?:Found|Got value|found) (\S+?)\.?(?:\s|$)/g)) {
    const word = quoted[1] ?? quoted[2] ?? "";
    const start = word ? text.indexOf(word) : -1;
    if (start >= 0) return { start, end: start + word.length };
  }
  return null;
}
