import { Snippet } from "../../../components/Copy";
import { entriesOf, type Json, shownJson } from "../logic/described";

/** A small JSON object as names and values; anything else as it is. */
export function Facts({ value, text, none }: { value: Json | null; text: string; none: string }) {
  const entries = entriesOf(value);
  if (text === "") return <p className="text-muted">{none}</p>;
  if (entries === null) return <Snippet code={value === null ? text : shownJson(value)} label="Copy it" />;
  return (
    <dl className="grid grid-cols-[minmax(7rem,max-content)_1fr] gap-x-4 gap-y-1">
      {entries.map(([name, each]) => (
        <div key={name} className="contents">
          <dt className="text-muted break-words">{name}</dt>
          <dd className="min-w-0 break-words">{typeof each === "object" && each !== null ? <pre className="overflow-x-auto font-mono text-[0.93em]" tabIndex={0}>{shownJson(each)}</pre> : String(each)}</dd>
        </div>
      ))}
    </dl>
  );
}
