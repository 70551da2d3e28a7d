import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label, TextArea } from "../../../components/Field";
import { call } from "../../../lib/api";
import { paths } from "../../../paths";

export function CreateModel({ open, onClose }: { open: boolean; onClose: () => void }) {
  return <Dialog title="Create a model" open={open} onClose={onClose}><Form onClose={onClose} /></Dialog>;
}

function Form({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const [, navigate] = useLocation();
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: () => call("registry.create_registered_model", { name: name.trim(), description }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["models"] });
      navigate(paths.model(name.trim()));
    },
  });
  return (
    <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); if (name.trim()) create.mutate(); }}>
      <p className="text-muted">Versions are added from the artifacts of a run, or when a model is logged.</p>
      <Label title="Name" error={create.error?.message}>
        <Input autoFocus required maxLength={256} autoComplete="off" value={name} onChange={(event) => setName(event.target.value)} />
      </Label>
      <Label title="Description (Markdown)">
        <TextArea rows={4} value={description} onChange={(event) => setDescription(event.target.value)} />
      </Label>
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" type="submit" disabled={!name.trim() || create.isPending}>Create</Button>
      </DialogActions>
    </form>
  );
}
