import { useMutation, useQueryClient } from "@tanstack/react-query";

import { useToast } from "../../../components/Toasts";
import { call, type Row } from "../../../lib/api";
import type { Wire } from "../../../wire/types";

type Change<R extends Row> = { row: R; request: Wire[R]["request"] };

/** One change of the registry. `said` is what is told when it was made. */
export function change<R extends Row>(row: R, request: Wire[R]["request"]): Change<R> {
  return { row, request };
}

interface Options {
  said?: string;
  onDone?: () => void;
  /** What the page shows is there no more: nothing of it is asked for again before another page does. */
  leaves?: boolean;
}

/** Make changes, one after another; then everything shown of models is asked for again. A refusal is told in the server's words. */
export function useChange(options: Options = {}) {
  const client = useQueryClient();
  const toast = useToast();
  return useMutation({
    mutationFn: async (changes: readonly Change<Row>[]) => {
      for (const each of changes) await call(each.row, each.request);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["models"], refetchType: options.leaves ? "none" : "active" });
      options.onDone?.();
      if (options.said) toast(options.said);
    },
    onError: (error) => toast(error.message, { bad: true }),
  });
}
