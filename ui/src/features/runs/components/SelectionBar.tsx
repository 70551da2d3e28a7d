import { useEffect, useState } from "react";
import { useLocation } from "wouter";

import { Button } from "../../../components/Button";
import { useToast } from "../../../components/Toasts";
import { formatCount } from "../../../lib/format";
import { preload } from "../../../lib/preload";
import { paths } from "../../../paths";
import { type Change, useChangeRuns } from "../api/change-runs";
import { allRunIds } from "../api/list-runs";
import { askedOf } from "../logic/asked";
import type { TableState } from "../use-table";
import { DeleteDialog, TagDialog } from "./ChangeDialogs";

const MOST_COMPARED = 500;
const DONE: Record<Change["action"], string> = { delete: "deleted", restore: "restored", tag: "tagged", untag: "changed", purge: "deleted for good" };

/** What can be done with the selected runs. */
export function SelectionBar({ state }: { state: TableState }) {
  const { view, selects, lines } = state;
  const [, navigate] = useLocation();
  const [asking, setAsking] = useState<"tag" | "delete" | "purge" | null>(null);
  const change = useChangeRuns();
  const toast = useToast();
  const { count, isAll } = selects;
  const several = count > 1;
  useEffect(() => {
    if (several) preload("compare");
  }, [several]);
  const runs = async (most?: number) => (isAll ? allRunIds({ ...askedOf(view, []).asked, roots_only: false }, most) : [...view.selection]);
  const act = async (wanted: Change) => {
    try {
      const done = await change.mutateAsync({ runs: await runs(), change: wanted });
      toast(`${formatCount(done)} run${done === 1 ? "" : "s"} ${DONE[wanted.action]}.`);
      setAsking(null);
      if (wanted.action !== "tag") selects.clear();
    } catch (error) {
      toast(error instanceof Error ? error.message : String(error), { bad: true });
    }
  };
  const compare = async () => navigate(paths.compare((await runs(MOST_COMPARED)).slice(0, MOST_COMPARED)));
  const total = lines.runs ?? 0;
  return (
    <div role="toolbar" aria-label="Selected runs" className="flex flex-wrap items-center gap-2 rounded-md border border-accent bg-tint px-3 py-1">
      <strong className="font-semibold">{isAll ? `All ${formatCount(count)} that match are selected` : `${formatCount(count)} selected`}</strong>
      {!isAll && view.group.length === 0 && total > count ? <Button kind="quiet" onClick={selects.toggleAll}>Select all {formatCount(total)} that match</Button> : null}
      <span className="flex-1" />
      <Button kind="primary" onClick={() => void compare()} title={count > MOST_COMPARED ? `The first ${MOST_COMPARED} (c)` : "Compare (c)"}>Compare</Button>
      <Button onClick={() => setAsking("tag")}>Tag</Button>
      {view.stage === "active" ? (
        <Button kind="danger" onClick={() => setAsking("delete")}>Delete</Button>
      ) : (
        <>
          <Button disabled={change.isPending} onClick={() => void act({ action: "restore" })}>Restore</Button>
          {view.stage === "deleted" ? <Button kind="danger" onClick={() => setAsking("purge")}>Delete for good</Button> : null}
        </>
      )}
      <Button kind="quiet" onClick={selects.clear}>Clear</Button>
      <TagDialog open={asking === "tag"} count={count} isBusy={change.isPending} onClose={() => setAsking(null)} onTag={(key, value) => void act({ action: "tag", tags: [{ key, value }] })} />
      <DeleteDialog
        open={asking === "delete" || asking === "purge"}
        forGood={asking === "purge"}
        count={count}
        isBusy={change.isPending}
        onClose={() => setAsking(null)}
        onDelete={() => void act({ action: asking === "purge" ? "purge" : "delete" })}
      />
    </div>
  );
}
