/** What a dataset says of itself, out of the JSON it was written down as. */

export interface SchemaColumn {
  part: string;
  name: string;
  type: string;
  required: boolean;
}

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

/** Null for what is no JSON. */
export function parsed(text: string | null | undefined): Json | null {
  if (!text) return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return null;
  }
}

/** The columns or tensors of a schema in MLflow's forms; null for any other form. */
export function columnsOf(schema: Json | null): SchemaColumn[] | null {
  if (!isRecord(schema)) return null;
  if (Array.isArray(schema.mlflow_colspec)) return named("", schema.mlflow_colspec);
  const tensors = schema.mlflow_tensorspec;
  if (!isRecord(tensors)) return null;
  return ["features", "targets"].flatMap((part) => {
    const given = tensors[part];
    const list = typeof given === "string" ? parsed(given) : given;
    return Array.isArray(list) ? named(part, list) : [];
  });
}

function named(part: string, columns: Json[]): SchemaColumn[] {
  return columns.filter(isRecord).map((column, place) => ({
    part,
    name: typeof column.name === "string" ? column.name : `#${place + 1}`,
    type: typeOf(column),
    required: column.required !== false && column.optional !== true,
  }));
}

function typeOf(column: Record<string, Json>): string {
  const tensor = column["tensor-spec"];
  if (isRecord(tensor)) return `${String(tensor.dtype)} ${JSON.stringify(tensor.shape ?? [])}`;
  if (column.type === "array" || column.type === "object" || column.type === "map") {
    const inside = column.items ?? column.properties ?? column.values;
    return inside === undefined ? String(column.type) : `${String(column.type)} of ${isRecord(inside) && typeof inside.type === "string" ? inside.type : JSON.stringify(inside)}`;
  }
  return String(column.type ?? "");
}

/** One level of names and values; null for what has none. */
export function entriesOf(value: Json | null): [string, Json][] | null {
  return isRecord(value) ? Object.entries(value) : null;
}

export function shownJson(value: Json): string {
  if (typeof value === "string") return value;
  const line = JSON.stringify(value);
  return line.length <= 60 ? line : JSON.stringify(value, null, 2);
}

function isRecord(value: Json | null | undefined): value is { [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `name:v0` where the source is a version of a named dataset; null for any other. */
export function namedVersion(source: Json | null): string | null {
  const uri = isRecord(source) && typeof source.uri === "string" ? source.uri : "";
  const named = /^datasets:\/([^/:]+:v\d+)$/.exec(uri);
  return named?.[1] ?? null;
}

/** Lines of Python that read a dataset again. */
export function loadingSnippet(runId: string, digest: string, sourceType: string, source: Json | null): string {
  const url = isRecord(source) && typeof source.url === "string" ? source.url : null;
  const uri = isRecord(source) && typeof source.uri === "string" ? source.uri : null;
  const version = namedVersion(source);
  if (version !== null) return `import modelyard as mlflow\n\npath = mlflow.datasets.use_dataset(${JSON.stringify(version)})`;
  if (sourceType === "http" && url !== null) return `from modelyard.data import HttpSource\n\npath = HttpSource(${JSON.stringify(url)}).load()`;
  if (sourceType === "local" && uri !== null) return `from modelyard.data import UriSource\n\npath = UriSource(${JSON.stringify(uri)}, "local").load()`;
  return [
    "import modelyard as mlflow",
    "",
    `run = mlflow.get_run(${JSON.stringify(runId)})`,
    `dataset = next(used.dataset for used in run.inputs.dataset_inputs if used.dataset.digest == ${JSON.stringify(digest)})`,
    "print(dataset.source_type, dataset.source)",
  ].join("\n");
}
