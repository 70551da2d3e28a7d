import { useState } from "react";

import { Button } from "../../../components/Button";
import { TextArea } from "../../../components/Field";
import { Markdown } from "../../../components/Markdown";
import { useToast } from "../../../components/Toasts";
import type { Experiment } from "../../../wire/types";
import { NOTE_TAG, useSetNote } from "../api/set-note";

export const noteOf = (experiment: Experiment | undefined): string => experiment?.tags?.find((tag) => tag.key === NOTE_TAG)?.value ?? "";

interface Props {
  experiment: Experiment;
  isEdited: boolean;
  onEdit: (edit: boolean) => void;
}

/** The experiment's note, in Markdown; it is edited in place. */
export function Note({ experiment, isEdited, onEdit }: Props) {
  const note = noteOf(experiment);
  if (isEdited) return <NoteEditor experiment={experiment.experiment_id} note={note} onDone={() => onEdit(false)} />;
  if (note === "") return null;
  return (
    <details open className="max-w-5xl rounded-md border border-line px-3 py-2">
      <summary className="cursor-pointer text-muted">Note</summary>
      <div className="flex items-start gap-2 pt-1">
        <div className="max-h-40 min-w-0 flex-1 overflow-auto" tabIndex={0} role="region" aria-label="Note"><Markdown text={note} /></div>
        <Button kind="quiet" onClick={() => onEdit(true)}>Edit the note</Button>
      </div>
    </details>
  );
}

function NoteEditor({ experiment, note, onDone }: { experiment: string; note: string; onDone: () => void }) {
  const [draft, setDraft] = useState(note);
  const save = useSetNote(experiment);
  const toast = useToast();
  const keep = () => save.mutate(draft, { onSuccess: onDone, onError: (error) => toast(error.message, { bad: true }) });
  return (
    <div className="flex max-w-5xl flex-col gap-2">
      <TextArea autoFocus rows={6} aria-label="Note in Markdown" placeholder="What this experiment is about, in Markdown" value={draft} onChange={(event) => setDraft(event.target.value)} />
      <p className="flex gap-2">
        <Button kind="primary" disabled={save.isPending} onClick={keep}>Save the note</Button>
        <Button onClick={onDone}>Cancel</Button>
      </p>
    </div>
  );
}
