/** Columns of the table of runs: how they are named, written into the address, sorted by and asked for. */

export interface Shown {
  name: string;
  pinned: boolean;
  width: number;
}

export type Kind = "attributes" | "params" | "metrics" | "tags";
export const ASPECTS = ["last", "min", "max", "best"] as const;
export type Aspect = (typeof ASPECTS)[number];

export interface Parts {
  kind: Kind;
  key: string;
  aspect: Aspect;
}

export interface Sort {
  name: string;
  descending: boolean;
}

const KINDS: readonly string[] = ["attributes", "params", "metrics", "tags"];
const WRAPPED = /^(min|max|best)\(metrics\.([\s\S]+)\)$/;
const LOWER = /(^|[^a-z])(loss|err|error|rmse|mse|mae|mape|nll|cer|wer|fid|perplexity|ppl|latency|seconds|cost|logloss|bpd|regret)([^a-z]|$)/i;

export const ATTRIBUTES: Record<string, { title: string; width: number; sortable: boolean }> = {
  run_name: { title: "Run", width: 220, sortable: true },
  status: { title: "Status", width: 62, sortable: true },
  start_time: { title: "Age", width: 120, sortable: true },
  end_time: { title: "Ended", width: 120, sortable: true },
  duration: { title: "Duration", width: 92, sortable: true },
  user_id: { title: "User", width: 110, sortable: true },
  experiment_id: { title: "Experiment", width: 96, sortable: true },
  run_id: { title: "Run ID", width: 150, sortable: true },
  source: { title: "Source", width: 140, sortable: false },
  datasets: { title: "Datasets", width: 140, sortable: false },
  models: { title: "Models", width: 140, sortable: false },
  registered: { title: "Registered", width: 140, sortable: false },
};

/** Lower values are better, as far as the name of a metric tells. */
export function lowerIsBetter(key: string): boolean {
  return LOWER.test(key.replace(/([a-z])([A-Z])/g, "$1_$2"));
}

export function partsOf(name: string): Parts {
  const wrapped = WRAPPED.exec(name);
  if (wrapped) return { kind: "metrics", key: wrapped[2] ?? "", aspect: wrapped[1] as Aspect };
  const dot = name.indexOf(".");
  const kind = name.slice(0, dot);
  if (!KINDS.includes(kind)) return { kind: "attributes", key: name, aspect: "last" };
  return { kind: kind as Kind, key: name.slice(dot + 1), aspect: "last" };
}

export function nameOf({ kind, key, aspect }: Parts): string {
  return kind === "metrics" && aspect !== "last" ? `${aspect}(metrics.${key})` : `${kind}.${key}`;
}

/** What the server calls a column: the best value is the least or the greatest. */
export function askedName(name: string): string {
  const parts = partsOf(name);
  return parts.aspect === "best" ? nameOf({ ...parts, aspect: lowerIsBetter(parts.key) ? "min" : "max" }) : name;
}

export function titleOf(name: string): string {
  const { kind, key, aspect } = partsOf(name);
  if (kind === "attributes") return ATTRIBUTES[key]?.title ?? key;
  return aspect === "last" ? key : `${key} (${aspect})`;
}

export function isSortable(name: string): boolean {
  const { kind, key } = partsOf(name);
  return kind !== "attributes" || (ATTRIBUTES[key]?.sortable ?? false);
}

export function widthOf(name: string): number {
  const { kind, key } = partsOf(name);
  if (kind === "attributes") return ATTRIBUTES[key]?.width ?? 120;
  return Math.min(180, Math.max(92, titleOf(name).length * 7.5 + 34));
}

export const shown = (name: string, pinned = false): Shown => ({ name, pinned, width: widthOf(name) });

/** A key as a filter or an order writes it: in backticks where letters, digits and dots are not all it has. */
export function quotedKey(key: string, kind: Kind = "params"): string {
  const plain = /^\w+(\.\w+)*$/.test(key) && !(kind === "metrics" && /\.(min|max|last)$/.test(key));
  return plain ? key : `\`${key.replaceAll("`", "``")}\``;
}

export function orderBy(sort: Sort | null): string[] {
  if (sort === null) return [];
  const asked = askedName(sort.name);
  const parts = partsOf(asked);
  const field = parts.aspect === "last" ? `${parts.kind}.${quotedKey(parts.key, parts.kind)}` : asked;
  return [`${field} ${sort.descending ? "DESC" : "ASC"}`];
}

/** What a click on a heading does: first the direction people look for, then the other one, then none. */
export function nextSort(now: Sort | null, name: string): Sort | null {
  const { kind, key } = partsOf(name);
  const first = kind === "metrics" ? !lowerIsBetter(key) : kind === "attributes" && key !== "run_name";
  if (now?.name !== name) return { name, descending: first };
  return now.descending === first ? { name, descending: !first } : null;
}

export const sortCodec = {
  parse: (raw: string): Sort | null => (raw === "" ? null : { name: raw.replace(/^-/, ""), descending: raw.startsWith("-") }),
  format: (sort: Sort | null): string => (sort === null ? "" : `${sort.descending ? "-" : ""}${sort.name}`),
};

/** `!` before a column that is pinned, `140~` before one that was given a width. Null stands for the columns of the start. */
export const columnsCodec = {
  parse: (raw: string): readonly Shown[] | null =>
    raw === ""
      ? null
      : raw.split(",").map((part) => {
          const [, pin, width, rest] = /^(!?)(?:(\d+)~)?([\s\S]*)$/.exec(part) ?? [];
          const name = decodeURIComponent(rest ?? "");
          return { name, pinned: pin === "!", width: width === undefined ? widthOf(name) : Number(width) };
        }),
  format: (columns: readonly Shown[] | null): string =>
    (columns ?? [])
      .map(({ name, pinned, width }) => {
        const wide = Math.round(width) === Math.round(widthOf(name)) ? "" : `${Math.round(width)}~`;
        return `${pinned ? "!" : ""}${wide}${encodeURIComponent(name)}`;
      })
      .join(","),
};

/** The columns a table starts with: when and how long, what tells the runs apart, and what came out. */
export function startColumns(params: readonly string[], metrics: readonly string[], several: boolean): Shown[] {
  return [
    ...(several ? [shown("attributes.experiment_id")] : []),
    shown("attributes.start_time"),
    shown("attributes.duration"),
    ...metrics.slice(0, 6).map((key) => shown(`metrics.${key}`)),
    ...params.slice(0, 8).map((key) => shown(`params.${key}`)),
  ];
}
