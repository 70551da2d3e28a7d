import { type ReactNode, useState } from "react";

import { Button } from "../../../components/Button";
import { Dialog, DialogActions } from "../../../components/Dialog";
import { Input, Label } from "../../../components/Field";

interface Props {
  title: string;
  /** What has to be typed before it can be done; nothing where this is empty. */
  typed?: string;
  act: string;
  open: boolean;
  busy: boolean;
  onClose: () => void;
  onAct: () => void;
  children: ReactNode;
}

/** Asks once more before something is gone. */
export function Confirm({ title, typed = "", act, open, busy, onClose, onAct, children }: Props) {
  const [words, setWords] = useState("");
  return (
    <Dialog title={title} open={open} onClose={() => { setWords(""); onClose(); }}>
      <form className="flex flex-col gap-4" onSubmit={(event) => { event.preventDefault(); if (words === typed) onAct(); }}>
        {children}
        {typed ? <Label title={`Type ${typed} to go on`}><Input autoComplete="off" value={words} onChange={(event) => setWords(event.target.value)} /></Label> : null}
        <DialogActions>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit" disabled={busy || words !== typed}>{act}</Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
