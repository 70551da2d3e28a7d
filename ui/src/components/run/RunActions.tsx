import { useState } from "react";

import { useKeys } from "../../lib/keys";
import { nameOf, useChangeRun } from "../../lib/run";
import type { Run } from "../../wire/types";
import { Button } from "../Button";
import { Dialog, DialogActions } from "../Dialog";
import { useToast } from "../Toasts";
import { CompareWith } from "./CompareWith";

/** What can be done with a run from each of its pages. */
export function RunActions({ run }: { run: Run }) {
  const [asked, setAsked] = useState<"compare" | "delete" | null>(null);
  const change = useChangeRun(run.info.run_id);
  const toast = useToast();
  const name = nameOf(run);
  useKeys([{ keys: "c", what: "compare the run with others", run: () => setAsked("compare") }]);
  const act = (kind: "delete" | "restore", word: string) =>
    change.mutate(
      { kind },
      {
        onSuccess: () => toast(`${name} was ${word}.`),
        onError: (error) => toast(`${name} was not ${word}. ${error.message}`, { bad: true }),
        onSettled: () => setAsked(null),
      },
    );
  return (
    <>
      <Button onClick={() => setAsked("compare")}>Compare with…</Button>
      {run.info.lifecycle_stage === "deleted" ? (
        <Button disabled={change.isPending} onClick={() => act("restore", "restored")}>Restore</Button>
      ) : (
        <Button kind="danger" onClick={() => setAsked("delete")}>Delete</Button>
      )}
      <Dialog title="Compare with…" open={asked === "compare"} onClose={() => setAsked(null)}>
        <CompareWith run={run} onClose={() => setAsked(null)} />
      </Dialog>
      <Dialog title="Delete the run?" open={asked === "delete"} onClose={() => setAsked(null)}>
        <p className="break-words"><strong>{name}</strong> is no longer shown among the runs. It can be restored until it is deleted for good.</p>
        <DialogActions>
          <Button onClick={() => setAsked(null)}>Cancel</Button>
          <Button kind="danger" disabled={change.isPending} onClick={() => act("delete", "deleted")}>Delete</Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
