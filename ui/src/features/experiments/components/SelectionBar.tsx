import { useState } from "react";
import { Link } from "wouter";

import { Button } from "../../../components/Button";
import { useToast } from "../../../components/Toasts";
import { formatCount } from "../../../lib/format";
import { paths } from "../../../paths";
import { useChangeExperiments } from "../api/change-experiments";
import type { useExperiments } from "../use-experiments";
import { DeleteDialog } from "./DeleteDialog";

const DONE = { delete: "deleted", restore: "restored", purge: "deleted for good" } as const;

/** What can be done with the selected experiments. */
export function SelectionBar({ state }: { state: ReturnType<typeof useExperiments> }) {
  const { selected, stage } = state;
  const [asking, setAsking] = useState(false);
  const change = useChangeExperiments();
  const toast = useToast();
  const ids = selected.map((each) => each.experiment_id);
  const act = (action: keyof typeof DONE) =>
    change.mutate(
      { action, ids },
      {
        onSuccess: () => {
          toast(`${formatCount(ids.length)} experiment${ids.length === 1 ? "" : "s"} ${DONE[action]}.`);
          setAsking(false);
          state.clear();
        },
        onError: (error) => toast(error.message, { bad: true }),
      },
    );
  return (
    <div role="toolbar" aria-label="Selected experiments" className="flex flex-wrap items-center gap-2 rounded-md border border-accent bg-tint px-3 py-1">
      <strong className="flex-1 font-semibold">{formatCount(ids.length)} selected</strong>
      {stage === "active" ? (
        <>
          <Link href={paths.runsOf(ids)} className="px-2">Show their runs</Link>
          <Button kind="danger" onClick={() => setAsking(true)}>Delete</Button>
        </>
      ) : (
        <>
          <Button disabled={change.isPending} onClick={() => act("restore")}>Restore</Button>
          <Button kind="danger" onClick={() => setAsking(true)}>Delete for good</Button>
        </>
      )}
      <Button kind="quiet" onClick={state.clear}>Clear</Button>
      <DeleteDialog experiments={selected} forGood={stage === "deleted"} open={asking} isBusy={change.isPending} onClose={() => setAsking(false)} onDelete={() => act(stage === "deleted" ? "purge" : "delete")} />
    </div>
  );
}
