import { lazy, Suspense } from "react";

import { SkeletonLines } from "./States";

const Rendered = lazy(() => import("./MarkdownRendered"));

/** Markdown as elements: HTML inside it stays text, links lead only to the web and to addresses of ours. */
export function Markdown({ text }: { text: string }) {
  return (
    <Suspense fallback={<SkeletonLines lines={3} label="the note" />}>
      <Rendered text={text} />
    </Suspense>
  );
}
