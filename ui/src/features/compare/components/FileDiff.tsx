import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { Checkbox } from "../../../components/Field";
import { Failure, SkeletonLines } from "../../../components/States";
import { formatBytes } from "../../../lib/format";
import { MOST_TEXT, textQuery } from "../api/preview-file";
import type { ComparedRun } from "../logic/comparison";
import { diffOf } from "../logic/diff";
import { useFlag } from "../view";
import { DiffLines } from "./DiffLines";

const MOST_LINES = 20_000;

/** One file of two runs. */
export function FileDiff({ left, right, path }: { left: ComparedRun; right: ComparedRun; path: string }) {
  const one = useQuery(textQuery(left.id, path));
  const other = useQuery(textQuery(right.id, path));
  const [unified, setUnified] = useFlag("unified");
  const [whole, setWhole] = useState(false);
  const diff = useMemo(() => (one.data && other.data ? diffOf(one.data.lines.slice(0, MOST_LINES), other.data.lines.slice(0, MOST_LINES)) : null), [one.data, other.data]);
  const failed = [one, other].find(({ error }) => error);
  if (failed) return <Failure what={`${path} could not be read.`} error={failed.error} onRetry={() => void failed.refetch()} />;
  if (one.data === undefined || other.data === undefined) return <SkeletonLines label={path} lines={10} />;
  if (one.data === null || other.data === null || diff === null) return <p className="text-muted">{path} is not a text, and is not compared line by line.</p>;
  const count = (kind: string) => diff.edits.filter((edit) => edit.kind === kind).length;
  const equal = count("same") === diff.edits.length;
  const cut = !one.data.whole || !other.data.whole || Math.max(one.data.lines.length, other.data.lines.length) > MOST_LINES;
  return (
    <section aria-label={`Differences of ${path}`} className="flex min-w-0 flex-col gap-2">
      <header className="flex flex-wrap items-center gap-4">
        <h2 className="font-semibold break-all">{path}</h2>
        {equal ? <span>{cut ? "No difference as far as it was read." : "Both are equal."}</span> : <span><span className="text-good">+{count("added")}</span> <span className="text-bad">−{count("removed")}</span> lines</span>}
        <label className="flex items-center gap-1.5"><Checkbox checked={unified} onChange={() => setUnified(!unified)} />one column</label>
        <label className="flex items-center gap-1.5"><Checkbox checked={whole} onChange={() => setWhole(!whole)} />all lines</label>
      </header>
      {cut ? <p className="text-warn">Only the first {formatBytes(MOST_TEXT)} and {MOST_LINES} lines of each are compared.</p> : null}
      {diff.aligned ? null : <p className="text-warn">These texts differ so much that they stand one after the other.</p>}
      {equal && !whole ? null : <DiffLines edits={diff.edits} left={one.data.lines} right={other.data.lines} names={[left.name, right.name]} unified={unified} whole={whole} />}
    </section>
  );
}
