import { call } from "../../../lib/api";
import type { Metric } from "../../../wire/types";

/** Every point of a metric, for a file. */
export async function history(runId: string, metric: string): Promise<Metric[]> {
  const points: Metric[] = [];
  let token = "";
  do {
    const page = await call("tracking.get_metric_history", { run_id: runId, metric_key: metric, max_results: 25_000, page_token: token });
    points.push(...(page.metrics ?? []));
    token = page.next_page_token ?? "";
  } while (token);
  return points;
}
