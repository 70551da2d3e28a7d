import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { formatCount } from "../../../lib/format";
import type { ExperimentRow } from "../../../wire/types";

const MOST_NAMED = 12;

interface Props {
  experiments: readonly ExperimentRow[];
  forGood: boolean;
  open: boolean;
  isBusy: boolean;
  onClose: () => void;
  onDelete: () => void;
}

/** Names what goes before it goes. */
export function DeleteDialog({ experiments, forGood, open, isBusy, onClose, onDelete }: Props) {
  const count = experiments.length;
  const what = count === 1 ? "1 experiment" : `${formatCount(count)} experiments`;
  const runs = experiments.reduce((sum, each) => sum + each.runs, 0);
  return (
    <Dialog title={forGood ? `Delete ${what} for good?` : `Delete ${what}?`} open={open} onClose={onClose}>
      <p>
        {forGood
          ? "These go with all their runs, params, metrics, tags and artifacts. This cannot be undone:"
          : `These go with their ${formatCount(runs)} active run${runs === 1 ? "" : "s"}. Among the deleted experiments they can be found again and restored:`}
      </p>
      <ul className="flex max-h-60 flex-col gap-1 overflow-auto">
        {experiments.slice(0, MOST_NAMED).map((each) => <li key={each.experiment_id} className="font-medium break-all">{each.name}</li>)}
        {count > MOST_NAMED ? <li className="text-muted">and {formatCount(count - MOST_NAMED)} more</li> : null}
      </ul>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" disabled={isBusy} onClick={onDelete}>{forGood ? `Delete ${what} for good` : `Delete ${what}`}</Button>
      </DialogActions>
    </Dialog>
  );
}
