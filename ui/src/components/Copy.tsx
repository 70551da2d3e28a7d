import { useState } from "react";

import { IconButton } from "./Button";

/** Copies a text; says so for a moment. */
export function Copy({ text, label = "Copy" }: { text: string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    window.setTimeout(() => setDone(false), 1500);
  };
  return (
    <IconButton label={done ? "Copied" : label} onClick={() => void copy()}>
      {done ? "✓" : "⧉"}
    </IconButton>
  );
}

/** Lines of code or of a terminal, with a button to copy them. */
export function Snippet({ code, label = "Copy the snippet" }: { code: string; label?: string }) {
  return (
    <div className="relative rounded-md border border-line bg-sunken">
      <pre className="overflow-x-auto p-3 pr-10 font-mono text-[0.93em]" tabIndex={0}><code>{code}</code></pre>
      <span className="absolute top-1 right-1"><Copy text={code} label={label} /></span>
    </div>
  );
}
