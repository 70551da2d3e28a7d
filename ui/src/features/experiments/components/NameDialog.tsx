import { type FormEvent, useState } from "react";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label } from "../../../components/Field";
import { useChangeExperiments } from "../api/change-experiments";

interface Props {
  open: boolean;
  /** The experiment that gets another name; without one a new one is made. */
  renamed: { id: string; name: string } | null;
  onClose: () => void;
  onDone: (name: string, id: string) => void;
}

/** Asks for the name of an experiment; what the server has against it stands at the field. */
export function NameDialog({ open, renamed, onClose, onDone }: Props) {
  return (
    <Dialog title={renamed ? "Rename the experiment" : "New experiment"} open={open} onClose={onClose}>
      <Form renamed={renamed} onClose={onClose} onDone={onDone} />
    </Dialog>
  );
}

function Form({ renamed, onClose, onDone }: Omit<Props, "open">) {
  const [name, setName] = useState(renamed?.name ?? "");
  const change = useChangeExperiments();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate(renamed ? { action: "rename", id: renamed.id, name } : { action: "create", name }, { onSuccess: (id) => onDone(name, id) });
  };
  return (
    <form className="flex flex-col gap-3" onSubmit={submit}>
      <Label title="Name" error={change.error?.message}>
        <Input
          autoFocus
          required
          aria-invalid={change.error !== null}
          value={name}
          placeholder="team/project/experiment"
          onChange={(event) => {
            setName(event.target.value);
            change.reset();
          }}
        />
      </Label>
      <p className="text-muted">Slashes put experiments into folders.</p>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" disabled={change.isPending || name.trim() === "" || name === renamed?.name}>{renamed ? "Rename" : "Create"}</Button>
      </DialogActions>
    </form>
  );
}
