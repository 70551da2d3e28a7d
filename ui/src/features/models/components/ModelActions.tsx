import { useState } from "react";
import { useLocation } from "wouter";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label } from "../../../components/Field";
import { visible } from "../../../components/files/text";
import { Menu, MenuItem } from "../../../components/Menu";
import { paths } from "../../../paths";
import type { RegisteredModel } from "../../../wire/types";
import { change, useChange } from "../api/change";
import { Confirm } from "./Confirm";

/** Renaming and deleting a model. */
export function ModelActions({ model, versions }: { model: RegisteredModel; versions: number }) {
  const [asked, setAsked] = useState<"" | "rename" | "delete">("");
  const [name, setName] = useState(model.name);
  const [, navigate] = useLocation();
  const close = () => setAsked("");
  const rename = useChange({ said: "The model has its new name.", leaves: true, onDone: () => { close(); navigate(paths.model(name.trim()), { replace: true }); } });
  const remove = useChange({ said: "The model is deleted.", leaves: true, onDone: () => navigate(paths.models(), { replace: true }) });
  const aliases = (model.aliases ?? []).map(({ alias, version }) => `@${alias} → version ${version}`);
  return (
    <>
      <Menu trigger={<Button aria-label="More actions">More ▾</Button>}>
        <MenuItem onSelect={() => { setName(model.name); setAsked("rename"); }}>Rename…</MenuItem>
        <MenuItem danger onSelect={() => setAsked("delete")}>Delete…</MenuItem>
      </Menu>
      <Dialog title="Rename the model" open={asked === "rename"} onClose={close}>
        <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); rename.mutate([change("registry.rename_registered_model", { name: model.name, new_name: name.trim() })]); }}>
          <p className="text-muted">Code that loads models:/{visible(model.name)}/… has to follow.</p>
          <Label title="New name"><Input autoFocus required maxLength={256} value={name} onChange={(event) => setName(event.target.value)} /></Label>
          <DialogActions><Button onClick={close}>Cancel</Button><Button kind="primary" type="submit" disabled={rename.isPending || !name.trim() || name.trim() === model.name}>Rename</Button></DialogActions>
        </form>
      </Dialog>
      <Confirm title={`Delete ${visible(model.name)}?`} typed={versions ? model.name : ""} act="Delete the model" open={asked === "delete"} busy={remove.isPending} onClose={close} onAct={() => remove.mutate([change("registry.delete_registered_model", { name: model.name })])}>
        <p>{versions === 0 ? "It has no versions." : `Its ${versions === 1 ? "version goes" : "versions go"} with it; the files in the runs stay.`}</p>
        {aliases.length ? <p>These aliases go too: {aliases.join(", ")}. What loads the model by them stops working.</p> : null}
      </Confirm>
    </>
  );
}
