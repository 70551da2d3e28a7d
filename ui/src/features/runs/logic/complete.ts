/** What can follow at a place of a filter. */

import { type Kind, quotedKey } from "./columns";
import { type Token, tokenize } from "./tokens";

type State = "field" | "operator" | "null" | "list-open" | "list" | "list-next" | "value" | "between" | "between-and" | "joint";

export interface Context {
  state: State;
  /** The field that the comparison is about, where there is one. */
  field: { kind: Kind | "datasets"; key: string } | null;
  /** What of the text a choice replaces, and what it says so far without quotes. */
  from: number;
  to: number;
  typed: string;
}

export interface Option {
  insert: string;
  label: string;
  hint?: string;
}

const WORD_KINDS: Record<string, Kind | "datasets"> = {
  metric: "metrics", metrics: "metrics", param: "params", params: "params", parameter: "params", parameters: "params",
  tag: "tags", tags: "tags", attribute: "attributes", attributes: "attributes", attr: "attributes", run: "attributes",
  dataset: "datasets", datasets: "datasets",
};
export const NUMBERS = ["start_time", "end_time"];
export const FILTERED = ["status", "run_name", "user_id", "start_time", "end_time", "run_id", "artifact_uri"];
const STATUSES = ["FINISHED", "RUNNING", "FAILED", "KILLED", "SCHEDULED"];

/** The state of the text up to the caret. */
export function contextAt(text: string, caret: number): Context {
  const tokens = tokenize(text);
  const typed = tokens.find((token) => token.start < caret && caret <= token.end && !["open", "close", "comma"].includes(token.kind));
  let state: State = "field";
  let field: Context["field"] = null;
  for (const token of tokens) {
    if (token === typed || token.start >= caret) break;
    if (state === "field" && token.kind === "name" && !isWord(token, "NOT")) field = fieldOf(token.text);
    state = after(state, token);
  }
  if (!typed) return { state, field, from: caret, to: caret, typed: "" };
  return { state, field, from: typed.start, to: typed.end, typed: text.slice(typed.start, caret) };
}

/** The field a name stands for; a name without a dot is an attribute. */
export function fieldOf(name: string): { kind: Kind | "datasets"; key: string } {
  const dot = name.indexOf(".");
  const kind = dot < 0 ? undefined : WORD_KINDS[name.slice(0, dot)];
  if (kind === undefined) return { kind: "attributes", key: name };
  const key = name.slice(dot + 1);
  const quote = key.charAt(0);
  if (quote !== "`" && quote !== '"') return { kind, key: kind === "metrics" ? key.replace(/\.(min|max|last)$/, "") : key };
  const end = key.lastIndexOf(quote);
  return { kind, key: (end > 0 ? key.slice(1, end) : key.slice(1)).replaceAll(quote + quote, quote) };
}

/** The choices that need no server: operators, words, attributes. */
export function wordsFor({ state, field, typed }: Context): Option[] {
  const options = choices(state, field).filter(({ label }) => label.toLowerCase().startsWith(bare(typed).toLowerCase()));
  return options.filter(({ label }) => label.toLowerCase() !== typed.toLowerCase());
}

/** The choice of a key, or of a value, as it is written into the filter. */
export function keyOption(kind: Kind, key: string, runs: number): Option {
  return { insert: `${kind}.${quotedKey(key, kind)} `, label: `${kind}.${key}`, hint: `${runs} run${runs === 1 ? "" : "s"}` };
}

export function valueOption(value: string, runs: number, state: State): Option {
  return { insert: `'${value.replaceAll("'", "''")}'${state === "list" ? "" : " "}`, label: value, hint: `${runs} run${runs === 1 ? "" : "s"}` };
}

/** What is typed without the quotes and the kind before it: what the server is asked for. */
export function bare(typed: string): string {
  return typed.replace(/^['"`]/, "").replace(/['"`]$/, "");
}

function choices(state: State, field: Context["field"]): Option[] {
  const plain = (...words: string[]): Option[] => words.map((word) => ({ insert: `${word} `, label: word }));
  switch (state) {
    case "field":
      return [
        ...["metrics.", "params.", "tags."].map((word) => ({ insert: word, label: word, hint: "and a key" })),
        ...FILTERED.map((word) => ({ insert: `${word} `, label: word, hint: "attribute" })),
        { insert: "datasets.name ", label: "datasets.name", hint: "attribute" },
        { insert: "NOT ", label: "NOT" },
      ];
    case "operator":
      return isNumber(field)
        ? [...plain("<", "<=", ">", ">=", "=", "!=", "BETWEEN"), { insert: "IN (", label: "IN (" }]
        : [...plain("=", "!=", "LIKE", "ILIKE", "=~"), { insert: "IN (", label: "IN (" }, { insert: "NOT IN (", label: "NOT IN (" }, ...plain("IS NULL", "IS NOT NULL")];
    case "null": return plain("NULL", "NOT NULL");
    case "list-open": return [{ insert: "(", label: "(" }];
    case "list-next": return [{ insert: ", ", label: "," }, { insert: ") ", label: ")" }];
    case "between-and": return plain("AND");
    case "joint": return plain("AND", "OR");
    default:
      return field?.kind === "attributes" && field.key === "status" ? STATUSES.map((word) => ({ insert: `'${word}' `, label: word })) : [];
  }
}

function isNumber(field: Context["field"]): boolean {
  return field?.kind === "metrics" || (field?.kind === "attributes" && NUMBERS.includes(field.key));
}

function isWord(token: Token, ...words: string[]): boolean {
  return token.kind === "name" && words.includes(token.text.toUpperCase());
}

function after(state: State, token: Token): State {
  switch (state) {
    case "field": return token.kind === "open" || isWord(token, "NOT") ? "field" : "operator";
    case "operator":
      if (isWord(token, "IS")) return "null";
      if (isWord(token, "IN")) return "list-open";
      if (isWord(token, "BETWEEN")) return "between";
      return isWord(token, "NOT") ? "operator" : "value";
    case "null": return isWord(token, "NULL") ? "joint" : "null";
    case "list-open": return "list";
    case "list": return "list-next";
    case "list-next": return token.kind === "close" ? "joint" : "list";
    case "between": return "between-and";
    case "between-and": return "value";
    case "value": return "joint";
    case "joint": return token.kind === "close" ? "joint" : "field";
  }
}
