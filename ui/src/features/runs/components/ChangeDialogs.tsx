import { type FormEvent, useState } from "react";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label } from "../../../components/Field";
import { formatCount } from "../../../lib/format";

const counted = (count: number) => `${formatCount(count)} run${count === 1 ? "" : "s"}`;

interface TagProps {
  open: boolean;
  count: number;
  isBusy: boolean;
  onClose: () => void;
  onTag: (key: string, value: string) => void;
}

export function TagDialog({ open, count, isBusy, onClose, onTag }: TagProps) {
  return (
    <Dialog title={`Tag ${counted(count)}`} open={open} onClose={onClose}>
      <TagForm isBusy={isBusy} onClose={onClose} onTag={onTag} />
    </Dialog>
  );
}

function TagForm({ isBusy, onClose, onTag }: Omit<TagProps, "open" | "count">) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onTag(key.trim(), value);
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <Label title="Tag"><Input autoFocus required value={key} onChange={(event) => setKey(event.target.value)} /></Label>
      <Label title="Value"><Input value={value} onChange={(event) => setValue(event.target.value)} /></Label>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" disabled={isBusy || key.trim() === ""}>Set the tag</Button>
      </DialogActions>
    </form>
  );
}

interface DeleteProps {
  open: boolean;
  forGood: boolean;
  count: number;
  isBusy: boolean;
  onClose: () => void;
  onDelete: () => void;
}

export function DeleteDialog({ open, forGood, count, isBusy, onClose, onDelete }: DeleteProps) {
  return (
    <Dialog title={forGood ? "Delete for good?" : "Delete?"} open={open} onClose={onClose}>
      <p>
        {forGood
          ? `${counted(count)} with all params, metrics, tags and artifacts will be removed. This cannot be undone.`
          : `${counted(count)} will be deleted. Among the deleted runs they can be found again and restored.`}
      </p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="danger" disabled={isBusy} onClick={onDelete}>{forGood ? `Delete ${counted(count)} for good` : `Delete ${counted(count)}`}</Button>
      </DialogActions>
    </Dialog>
  );
}
