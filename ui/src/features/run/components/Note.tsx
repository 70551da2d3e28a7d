import { useState } from "react";

import { Button } from "../../../components/Button";
import { TextArea } from "../../../components/Field";
import { Markdown } from "../../../components/Markdown";
import { Section } from "../../../components/Page";
import { useToast } from "../../../components/Toasts";
import { tagOf, useChangeRun } from "../../../lib/run";
import type { Run } from "../../../wire/types";

const NOTE = "mlflow.note.content";

/** What people wrote about the run, in Markdown. */
export function Note({ run }: { run: Run }) {
  const [draft, setDraft] = useState<string | null>(null);
  const [preview, setPreview] = useState(false);
  const change = useChangeRun(run.info.run_id);
  const toast = useToast();
  const note = tagOf(run, NOTE);
  const save = () =>
    change.mutate(draft ? { kind: "tag", key: NOTE, value: draft } : { kind: "untag", key: NOTE }, {
      onSuccess: () => setDraft(null),
      onError: (error) => toast(`The note was not kept. ${error.message}`, { bad: true }),
    });
  if (draft === null) {
    const edit = () => {
      setPreview(false);
      setDraft(note);
    };
    return (
      <Section title="Note" aside={<Button onClick={edit}>{note ? "Edit" : "Write a note"}</Button>}>
        {note ? <div className="max-h-96 overflow-auto rounded-md border border-line p-3" tabIndex={0} role="region" aria-label="Note"><Markdown text={note} /></div> : <p className="text-muted">No note.</p>}
      </Section>
    );
  }
  return (
    <Section
      title="Note"
      aside={
        <div className="flex gap-2">
          <Button aria-pressed={preview} onClick={() => setPreview(!preview)}>{preview ? "Write" : "Preview"}</Button>
          <Button onClick={() => setDraft(null)}>Cancel</Button>
          <Button kind="primary" disabled={change.isPending || (draft === "" && note === "")} onClick={save}>Save</Button>
        </div>
      }
    >
      {preview ? (
        <div className="min-h-40 rounded-md border border-line p-3"><Markdown text={draft} /></div>
      ) : (
        <TextArea aria-label="Note in Markdown" autoFocus rows={8} maxLength={8000} value={draft} onChange={(event) => setDraft(event.target.value)} className="font-mono" />
      )}
    </Section>
  );
}
