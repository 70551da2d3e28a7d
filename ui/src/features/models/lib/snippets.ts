/** Code that uses a version, ready to be copied. */

import type { ModelCard } from "../../../wire/types";

/** Flavors whose own loader gives the library's own object, by the module of the client. */
const NATIVE = new Set([
  "sklearn", "pytorch", "tensorflow", "keras", "xgboost", "lightgbm", "catboost", "onnx", "statsmodels", "transformers", "sentence_transformers", "prophet", "spacy", "pmdarima",
]);

export interface Code {
  title: string;
  code: string;
}

/** A text as a literal of Python, and of JSON. */
const literal = (text: string) => JSON.stringify(text);

/** A text as one word of a shell. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The address of a version in code: by its number, or by an alias that points to it. */
export function modelUri(name: string, version: string, alias?: string): string {
  return alias ? `models:/${name}@${alias}` : `models:/${name}/${version}`;
}

export function snippets(uri: string, card: ModelCard | undefined, server: string): Code[] {
  const head = `import modelyard as mlflow\n\nmlflow.set_tracking_uri(${literal(server)})\n`;
  const native = card?.flavors?.find((flavor) => NATIVE.has(flavor));
  const found: Code[] = [
    { title: "In Python, as a function", code: `${head}model = mlflow.pyfunc.load_model(${literal(uri)})\n${predictLine(card)}` },
  ];
  if (native) found.push({ title: `In Python, as ${native} has it`, code: `${head}model = mlflow.${native}.load_model(${literal(uri)})` });
  found.push(
    { title: "As a server", code: `export MODELYARD_TRACKING_URI=${shellWord(server)}\nmodelyard models serve -m ${shellWord(uri)} -p 5001` },
    { title: "Ask that server", code: `curl http://127.0.0.1:5001/invocations -H 'content-type: application/json' -d ${shellWord(body(card))}` },
  );
  return found;
}

/** The request that the model was saved with, or one of zeros. */
function body(card: ModelCard | undefined): string {
  const example = card?.example;
  if (example !== null && example !== undefined) {
    const text = JSON.stringify(example);
    if (text.length <= 4000) return text;
  }
  const inputs = card?.inputs ?? [];
  const row = Object.fromEntries(inputs.map((column) => [column.name, column.type === "string" ? "" : 0]));
  return JSON.stringify({ dataframe_records: [row] });
}

function predictLine(card: ModelCard | undefined): string {
  const columns = card?.inputs ?? [];
  if (columns.length === 0 || columns.some((column) => column.shape)) return "model.predict(data)";
  const shown = columns.slice(0, 4).map((column) => literal(column.name)).join(", ");
  return `model.predict(table)  # with the columns ${shown}${columns.length > 4 ? ` and ${columns.length - 4} more` : ""}`;
}
