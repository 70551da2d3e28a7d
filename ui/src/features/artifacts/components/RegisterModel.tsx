import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { Link } from "wouter";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label, TextArea } from "../../../components/Field";
import { paths } from "../../../paths";
import { modelNamesQuery } from "../api/find-model-names";
import { type Origin, registerModel } from "../api/register-model";

/** A button that makes a version of a registered model out of a folder. */
export function RegisterModel({ origin }: { origin: Origin }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button kind="primary" onClick={() => setOpen(true)}>Register Model</Button>
      <Dialog title="Register the model" open={open} onClose={() => setOpen(false)}>
        <Form origin={origin} onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Form({ origin, onClose }: { origin: Origin; onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const list = useId();
  const names = useQuery(modelNamesQuery(name.trim()));
  const client = useQueryClient();
  const register = useMutation({
    mutationFn: () => registerModel(name.trim(), description, origin),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
  const wrong = /[/:]/.test(name) ? "A name has no / and no :." : null;
  if (register.data) {
    const { name: made, version } = register.data;
    return (
      <>
        <p role="status">It is <Link href={paths.version(made, version)} className="underline">version {version} of {made}</Link>.</p>
        <DialogActions><Button onClick={onClose}>Close</Button></DialogActions>
      </>
    );
  }
  const known = names.data?.includes(name.trim());
  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); if (name.trim() && !wrong) register.mutate(); }}>
      <Label title="Name" error={wrong ?? (register.error instanceof Error ? register.error.message : null)}>
        <Input autoFocus required list={list} value={name} maxLength={256} autoComplete="off" onChange={(event) => setName(event.target.value)} placeholder="of a model that is there, or a new one" />
      </Label>
      <datalist id={list}>{names.data?.map((each) => <option key={each} value={each} />)}</datalist>
      <p className="-mt-2 min-h-5 text-muted">{name.trim() === "" ? "" : known ? "It becomes the next version of this model." : "It becomes version 1 of a new model."}</p>
      <Label title="Description of the version (Markdown)">
        <TextArea rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />
      </Label>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={!name.trim() || wrong !== null || register.isPending}>{register.isPending ? "Registering…" : "OK"}</Button>
      </DialogActions>
    </form>
  );
}
