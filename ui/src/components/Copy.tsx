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
      {done ? <span aria-hidden>✓</span> : <TwoSheets />}
    </IconButton>
  );
}

function TwoSheets() {
  return (
    <svg aria-hidden viewBox="0 0 16 16" className="size-3.5 fill-none stroke-current" strokeWidth={1.4}>
      <rect x={5.5} y={5.5} width={8} height={8} rx={1.5} />
      <path d="M10.5 5.5v-1.5a1.5 1.5 0 0 0-1.5-1.5h-5a1.5 1.5 0 0 0-1.5 1.5v5a1.5 1.5 0 0 0 1.5 1.5h1.5" />
    </svg>
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
