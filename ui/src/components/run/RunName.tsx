import { type FormEvent, useState } from "react";

import { nameOf, useChangeRun } from "../../lib/run";
import type { Run } from "../../wire/types";
import { Button, IconButton } from "../Button";
import { Input } from "../Field";
import { useToast } from "../Toasts";

/** The name of a run, which can be changed where it stands. */
export function RunName({ run }: { run: Run }) {
  const [edited, setEdited] = useState<string | null>(null);
  const change = useChangeRun(run.info.run_id);
  const toast = useToast();
  if (edited === null) {
    return (
      <span className="inline-flex max-w-full items-center gap-1">
        <span className="min-w-0 break-words">{nameOf(run)}</span>
        <IconButton label="Rename the run" onClick={() => setEdited(nameOf(run))}>✎</IconButton>
      </span>
    );
  }
  const save = (event: FormEvent) => {
    event.preventDefault();
    const name = edited.trim();
    if (name === "" || name === nameOf(run)) return setEdited(null);
    change.mutate(
      { kind: "rename", name },
      { onSuccess: () => setEdited(null), onError: (error) => toast(`The run was not renamed. ${error.message}`, { bad: true }) },
    );
  };
  return (
    <form onSubmit={save} className="flex flex-wrap items-center gap-2 text-base font-normal">
      <Input
        aria-label="Name of the run"
        autoFocus
        value={edited}
        onChange={(event) => setEdited(event.target.value)}
        onKeyDown={(event) => (event.key === "Escape" ? setEdited(null) : undefined)}
        className="w-[34rem] max-w-[60vw]"
      />
      <Button type="submit" kind="primary" disabled={change.isPending}>Rename</Button>
      <Button onClick={() => setEdited(null)}>Cancel</Button>
    </form>
  );
}
