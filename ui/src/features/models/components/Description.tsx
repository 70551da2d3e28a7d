import { useState } from "react";

import { Button } from "../../../components/Button";
import { TextArea } from "../../../components/Field";
import { Markdown } from "../../../components/Markdown";
import { Section } from "../../../components/Page";

interface Props {
  text: string;
  busy: boolean;
  onSave: (text: string, done: () => void) => void;
}

/** A description in Markdown that is edited in place. */
export function Description({ text, busy, onSave }: Props) {
  const [draft, setDraft] = useState<string | null>(null);
  const edit = <Button kind="quiet" onClick={() => setDraft(text)}>{text ? "Edit" : "Write one"}</Button>;
  return (
    <Section title="Description" aside={draft === null ? edit : null}>
      {draft === null ? (
        text ? <div className="max-w-3xl"><Markdown text={text} /></div> : <p className="text-muted">No description yet.</p>
      ) : (
        <form className="flex max-w-3xl flex-col gap-2" onSubmit={(event) => { event.preventDefault(); onSave(draft, () => setDraft(null)); }}>
          <TextArea aria-label="Description in Markdown" autoFocus rows={8} value={draft} onChange={(event) => setDraft(event.target.value)} onKeyDown={(event) => { if (event.key === "Escape") setDraft(null); }} />
          <div className="flex gap-2">
            <Button kind="primary" type="submit" disabled={busy}>Save</Button>
            <Button onClick={() => setDraft(null)}>Cancel</Button>
            <span className="self-center text-muted">Markdown</span>
          </div>
        </form>
      )}
    </Section>
  );
}
