import { useState } from "react";

import { Button } from "../../../components/Button";
import { Input } from "../../../components/Field";

interface Props {
  aliases: readonly string[];
  /** Aliases of the model's other versions, and where they point. */
  elsewhere: ReadonlyMap<string, string>;
  busy: boolean;
  onSet: (alias: string) => void;
  onDelete: (alias: string) => void;
}

/** The aliases that point to a version; they are set and removed in place. */
export function Aliases({ aliases, elsewhere, busy, onSet, onDelete }: Props) {
  const [adding, setAdding] = useState(false);
  const [alias, setAlias] = useState("");
  const from = elsewhere.get(alias.trim());
  return (
    <div className="flex flex-wrap items-center gap-1.5">
      {aliases.map((each) => (
        <span key={each} className="inline-flex items-center gap-1 rounded-full border border-accent pl-2 text-accent">
          @{each}
          <button type="button" disabled={busy} aria-label={`Remove the alias ${each}`} title={`Remove the alias ${each}`} className="rounded-full px-1.5 hover:bg-sunken" onClick={() => onDelete(each)}>✕</button>
        </span>
      ))}
      {adding ? (
        <form
          className="flex items-center gap-1.5"
          onSubmit={(event) => {
            event.preventDefault();
            if (!alias.trim()) return;
            onSet(alias.trim());
            setAlias("");
            setAdding(false);
          }}
        >
          <Input autoFocus aria-label="Alias" placeholder="champion" className="w-36" value={alias} onChange={(event) => setAlias(event.target.value)} onKeyDown={(event) => { if (event.key === "Escape") setAdding(false); }} />
          <Button type="submit" disabled={!alias.trim() || busy}>{from ? "Move" : "Set"}</Button>
          <Button kind="quiet" onClick={() => setAdding(false)}>Cancel</Button>
          {from ? <span className="text-warn">It points to version {from} now.</span> : null}
        </form>
      ) : <Button kind="quiet" className="h-7" onClick={() => setAdding(true)}>+ alias</Button>}
    </div>
  );
}
