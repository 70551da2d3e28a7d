import { useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import { Input } from "../../../components/Field";
import { visible } from "../../../components/files/text";

interface Tag {
  key: string;
  value?: string;
}

interface Props {
  tags: readonly Tag[];
  busy: boolean;
  onSet: (key: string, value: string) => void;
  onDelete: (key: string) => void;
}

/** Tags that can be set and removed in place. */
export function Tags({ tags, busy, onSet, onDelete }: Props) {
  const [key, setKey] = useState("");
  const [value, setValue] = useState("");
  const sorted = [...tags].sort((a, b) => a.key.localeCompare(b.key));
  return (
    <div className="flex flex-col gap-2">
      {sorted.length ? (
        <dl className="grid max-w-3xl grid-cols-[minmax(8rem,auto)_minmax(0,1fr)_auto] gap-x-4">
          {sorted.map((tag) => (
            <div key={tag.key} className="group col-span-3 grid grid-cols-subgrid items-center border-b border-line/60">
              <dt className="max-w-80 truncate text-muted" title={visible(tag.key)}>{visible(tag.key)}</dt>
              <dd className="truncate" title={visible(tag.value ?? "")}>{visible(tag.value ?? "")}</dd>
              <dd><IconButton label={`Remove the tag ${visible(tag.key)}`} disabled={busy} onClick={() => onDelete(tag.key)}>✕</IconButton></dd>
            </div>
          ))}
        </dl>
      ) : <p className="text-muted">No tags yet.</p>}
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (!key.trim()) return;
          onSet(key.trim(), value);
          setKey("");
          setValue("");
        }}
      >
        <Input aria-label="Key of a tag" placeholder="key" value={key} onChange={(event) => setKey(event.target.value)} className="w-44" />
        <Input aria-label="Value of the tag" placeholder="value" value={value} onChange={(event) => setValue(event.target.value)} className="w-56" />
        <Button type="submit" disabled={!key.trim() || busy}>Set tag</Button>
      </form>
    </div>
  );
}
