/** Every address of the pages; the only place that spells one. */

const at = encodeURIComponent;

export const paths = {
  experiments: () => "/experiments",
  runs: (experiment: string) => `/experiments/${at(experiment)}/runs`,
  runsOf: (experiments: readonly string[]) => `/experiments/${at(experiments[0] ?? "")}/runs${experiments.length > 1 ? `?experiments=${experiments.map(at).join(",")}` : ""}`,
  run: (run: string, tab: RunTab = "overview") => `/runs/${at(run)}/${tab}`,
  artifact: (run: string, path: string) => `/runs/${at(run)}/artifacts?path=${at(path)}`,
  compare: (runs: readonly string[]) => `/compare?runs=${runs.map(at).join(",")}`,
  models: () => "/models",
  model: (name: string) => `/models/${at(name)}`,
  version: (name: string, version: string) => `/models/${at(name)}/${at(version)}`,
  predict: (name: string, version: string) => `/models/${at(name)}/${at(version)}/predict`,
  datasets: () => "/datasets",
  dataset: (name: string, digest: string) => `/datasets/${at(name)}/${at(digest)}`,
  settings: () => "/settings",
};

export const runTabs = ["overview", "metrics", "system", "artifacts"] as const;
export type RunTab = (typeof runTabs)[number];

/** The part of the address before the pages': what the server was told as its static prefix, without a slash at its end. */
export const prefix = typeof document === "undefined" ? "" : new URL(document.baseURI).pathname.replace(/\/$/, "");
