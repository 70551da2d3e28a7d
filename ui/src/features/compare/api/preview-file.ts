import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

/** The most of a file that is compared, in bytes: what the server sends of a text at once. */
export const MOST_TEXT = 262_144;

/** The beginning of an artifact as lines; null where it is not a text. */
export function textQuery(runId: string, path: string) {
  return queryOptions({
    queryKey: ["run", runId, "text", path],
    queryFn: async ({ signal }) => {
      const file = await call("views.preview_file", { run_id: runId, path, length: MOST_TEXT, rows: 500 }, signal);
      if (file.kind === "table") {
        const rows = [file.columns ?? [], ...(file.rows ?? [])].map((row) => row.map((cell) => cell ?? "").join(", "));
        return { lines: rows, bytes: file.bytes, whole: file.total_rows !== null && file.total_rows !== undefined && file.total_rows < rows.length };
      }
      const text = file.text ?? "";
      if (text === "" && file.bytes > 0) return null;
      return { lines: linesOf(text), bytes: file.bytes, whole: (file.next_offset ?? 0) === 0 };
    },
  });
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines[lines.length - 1] === "") lines.pop();
  return lines;
}
