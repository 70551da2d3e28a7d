import { useMutation, useQueryClient } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const NOTE_TAG = "mlflow.note.content";

export function useSetNote(experiment_id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (value: string) => call("tracking.set_experiment_tag", { experiment_id, key: NOTE_TAG, value }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["experiment", experiment_id] }),
  });
}
