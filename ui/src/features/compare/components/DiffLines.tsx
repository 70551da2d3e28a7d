import { useMemo, useState } from "react";

import { type DiffRow, type Edit, folded, sideBySide } from "../logic/diff";

interface Props {
  edits: readonly Edit[];
  left: readonly string[];
  right: readonly string[];
  names: [string, string];
  unified: boolean;
  whole: boolean;
}

const MOST = 1500;
const LOOKS = { same: "", removed: "bg-bad/12", added: "bg-good/12", none: "bg-sunken" };
const SIGNS = { same: " ", removed: "−", added: "+", none: " " };
type Look = keyof typeof LOOKS;

/** The lines, with what was removed and what was added; long equal stretches are folded until they are asked for. */
export function DiffLines({ edits, left, right, names, unified, whole }: Props) {
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const [limit, setLimit] = useState(MOST);
  const rows = useMemo((): (DiffRow | Edit)[] => (unified ? [...edits] : sideBySide(edits)), [edits, unified]);
  const parts = useMemo(() => {
    const all = whole ? rows : folded<DiffRow | Edit>(rows);
    return all.flatMap((part, place) => ("hidden" in part && opened.has(place) ? part.hidden : [{ part, place }]).map((each) => ("part" in each ? each : { part: each, place })));
  }, [rows, whole, opened]);
  return (
    <div className="overflow-x-auto rounded-md border border-line" tabIndex={0} role="region" aria-label="Lines">
      <table className="w-full table-fixed border-collapse font-mono text-[0.93em]">
        <thead className="bg-sunken text-left font-sans">
          <tr>{(unified ? [`${names[0]} → ${names[1]}`] : names).map((name, side) => <th key={side} scope="col" className="truncate px-2 py-1 font-medium" title={name}>{name}</th>)}</tr>
        </thead>
        <tbody>
          {parts.slice(0, limit).map(({ part, place }, index) => {
            if ("hidden" in part) {
              return <tr key={index}><td colSpan={unified ? 1 : 2} className="bg-sunken p-0"><button type="button" className="w-full px-2 py-0.5 text-left font-sans text-muted hover:text-fg" onClick={() => setOpened(new Set([...opened, place]))}>⋯ {part.hidden.length} equal lines</button></td></tr>;
            }
            if (unified) {
              const look = part.kind === "changed" ? "same" : part.kind;
              return <tr key={index}><Line look={look} number={part.left ?? part.right} text={part.left === null ? right[part.right ?? -1] : left[part.left]} /></tr>;
            }
            const changed = part.kind !== "same";
            return (
              <tr key={index}>
                <Line look={part.left === null ? "none" : changed ? "removed" : "same"} number={part.left} text={part.left === null ? undefined : left[part.left]} />
                <Line look={part.right === null ? "none" : changed ? "added" : "same"} number={part.right} text={part.right === null ? undefined : right[part.right]} />
              </tr>
            );
          })}
        </tbody>
      </table>
      {parts.length > limit ? <button type="button" className="w-full px-2 py-1 text-left text-accent" onClick={() => setLimit(limit + MOST)}>Show more: {parts.length - limit} rows follow</button> : null}
    </div>
  );
}

function Line({ look, number, text }: { look: Look; number: number | null; text: string | undefined }) {
  return (
    <td className={`p-0 align-top ${LOOKS[look]}`}>
      <span className="flex">
        <span className="w-12 shrink-0 px-2 text-right text-muted select-none">{number === null ? "" : number + 1}</span>
        <span className="w-4 shrink-0 select-none"><span aria-hidden>{SIGNS[look]}</span><span className="sr-only">{look === "removed" || look === "added" ? look : ""}</span></span>
        <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">{text ?? ""}</span>
      </span>
    </td>
  );
}
