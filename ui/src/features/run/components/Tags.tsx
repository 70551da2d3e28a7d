import { type FormEvent, useMemo, useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Checkbox, Input, Label, TextArea } from "../../../components/Field";
import { useToast } from "../../../components/Toasts";
import { useChangeRun } from "../../../lib/run";
import type { Run, RunTag } from "../../../wire/types";
import type { Cell } from "../logic/facts";
import { FactTable } from "./FactTable";

const tagCells = (tag: RunTag): Cell[] => [tag.key, tag.value ?? ""];

/** Tags of people; those that programs write, which begin with `mlflow.`, when they are asked for. */
export function Tags({ run }: { run: Run }) {
  const [edited, setEdited] = useState<{ tag: RunTag; fresh: boolean } | null>(null);
  const change = useChangeRun(run.info.run_id);
  const toast = useToast();
  const all = run.data?.tags;
  const [programs, setPrograms] = useState(false);
  const tags = useMemo(() => (all ?? []).filter((tag) => programs || !tag.key.startsWith("mlflow.")), [all, programs]);
  const remove = (key: string) =>
    change.mutate({ kind: "untag", key }, { onError: (error) => toast(`The tag ${key} was not removed. ${error.message}`, { bad: true }) });
  return (
    <>
      <FactTable
        title="Tags"
        columns={["tag", "value"]}
        rows={tags}
        cells={tagCells}
        empty="No tags."
        aside={
          <>
            <label className="flex items-center gap-1.5"><Checkbox checked={programs} onChange={(event) => setPrograms(event.target.checked)} />mlflow.*</label>
            <Button onClick={() => setEdited({ tag: { key: "", value: "" }, fresh: true })}>Add a tag</Button>
          </>
        }
        actions={(tag) => (
          <>
            <IconButton label={`Edit the tag ${tag.key}`} onClick={() => setEdited({ tag, fresh: false })}>✎</IconButton>
            <IconButton label={`Remove the tag ${tag.key}`} disabled={change.isPending} onClick={() => remove(tag.key)}>✕</IconButton>
          </>
        )}
      />
      <Dialog title={edited?.fresh === false ? "Edit the tag" : "Add a tag"} open={edited !== null} onClose={() => setEdited(null)}>
        {edited ? <TagForm key={edited.tag.key} run={run} {...edited} onClose={() => setEdited(null)} /> : null}
      </Dialog>
    </>
  );
}

function TagForm({ run, tag, fresh, onClose }: { run: Run; tag: RunTag; fresh: boolean; onClose: () => void }) {
  const [key, setKey] = useState(tag.key);
  const [value, setValue] = useState(tag.value ?? "");
  const change = useChangeRun(run.info.run_id);
  const save = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ kind: "tag", key: key.trim(), value }, { onSuccess: onClose });
  };
  return (
    <form onSubmit={save} className="flex flex-col gap-3">
      <Label title="Tag" error={change.error?.message}><Input value={key} readOnly={!fresh} autoFocus={fresh} required maxLength={250} onChange={(event) => setKey(event.target.value)} /></Label>
      <Label title="Value"><TextArea value={value} autoFocus={!fresh} rows={3} maxLength={8000} onChange={(event) => setValue(event.target.value)} /></Label>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" kind="primary" disabled={change.isPending || key.trim() === ""}>Save</Button>
      </DialogActions>
    </form>
  );
}
