import { type ReactNode, useEffect, useId, useRef } from "react";

import { IconButton } from "./Button";

interface Props {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}

/** The browser's own modal dialog: it keeps the focus inside, and Escape closes it. */
export function Dialog({ title, open, onClose, children, wide = false }: Props) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = ref.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog
      ref={ref}
      aria-labelledby={id}
      onClose={onClose}
      className={`max-h-[85vh] rounded-lg border border-line bg-raised p-0 text-fg shadow-xl ${wide ? "w-[56rem]" : "w-[30rem]"} max-w-[94vw]`}
    >
      {open ? (
        <div className="flex flex-col gap-4 p-5">
          <header className="flex items-center justify-between gap-4">
            <h2 id={id} className="text-lg font-semibold">{title}</h2>
            <IconButton label="Close" onClick={onClose}>✕</IconButton>
          </header>
          {children}
        </div>
      ) : null}
    </dialog>
  );
}

/** The buttons at the end of a dialog. */
export function DialogActions({ children }: { children: ReactNode }) {
  return <footer className="flex justify-end gap-2 pt-1">{children}</footer>;
}
