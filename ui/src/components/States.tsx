import type { ReactNode } from "react";

import { ApiError } from "../lib/api";
import { Button } from "./Button";
import { Snippet } from "./Copy";

/** A grey shape where something will be, of the size it will have. */
export function Skeleton({ className = "" }: { className?: string }) {
  return <span aria-hidden className={`block animate-pulse rounded bg-line/70 ${className}`} />;
}

/** Several lines that are on their way; `label` is what is being fetched. */
export function SkeletonLines({ lines = 6, label }: { lines?: number; label: string }) {
  return (
    <div role="status" aria-label={`Loading ${label}`} className="flex flex-col gap-3 py-2">
      {Array.from({ length: lines }, (_, line) => <Skeleton key={line} className="h-4 w-full" />)}
    </div>
  );
}

/** Nothing is here: one sentence, and how something comes to be. */
export function Empty({ children, snippet }: { children: ReactNode; snippet?: string }) {
  return (
    <div className="mx-auto flex max-w-2xl flex-col gap-3 py-10">
      <p className="text-center text-muted">{children}</p>
      {snippet ? <Snippet code={snippet} /> : null}
    </div>
  );
}

/** What failed, in the server's words, and a way to try again. The rest of the page stays. */
export function Failure({ what, error, onRetry }: { what: string; error: unknown; onRetry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof ApiError && error.code ? ` (${error.code})` : "";
  return (
    <div role="alert" className="flex items-start justify-between gap-4 rounded-md border border-bad p-3">
      <p><strong className="font-semibold">{what}</strong> {message}<span className="text-muted">{code}</span></p>
      {onRetry ? <Button onClick={onRetry}>Retry</Button> : null}
    </div>
  );
}
