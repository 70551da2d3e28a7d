import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";
import type { FileInfo } from "../../../wire/types";

const MOST_PAGES = 5;

/** What is in one folder of a run's artifacts. */
export function artifactsQuery(runId: string, path: string) {
  return queryOptions({
    queryKey: ["run", runId, "artifacts", path],
    queryFn: async ({ signal }) => {
      const files: FileInfo[] = [];
      let token = "";
      for (let page = 0; page < MOST_PAGES; page += 1) {
        const found = await call("artifacts.list_run_artifacts", { run_id: runId, path, page_token: token }, signal);
        files.push(...(found.files ?? []));
        token = found.next_page_token ?? "";
        if (token === "") break;
      }
      return files;
    },
  });
}
