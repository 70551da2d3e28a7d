const KEYS: readonly [string, string][] = [
  ["/", "to the filter, or the search, of the page"],
  ["j  k", "down and up in a list"],
  ["x", "select"],
  ["Enter", "open"],
  ["c", "compare what is selected"],
  ["g e", "to the experiments"],
  ["g m", "to the models"],
  ["g d", "to the datasets"],
  ["?", "which keys there are on this page"],
  ["Esc", "close"],
];

/** The keys that are the same everywhere. */
export function Keys() {
  return (
    <dl className="grid grid-cols-[6rem_1fr] gap-y-1.5">
      {KEYS.map(([keys, what]) => (
        <div key={keys} className="contents">
          <dt><kbd className="rounded border border-line bg-sunken px-1.5 font-mono whitespace-pre">{keys}</kbd></dt>
          <dd>{what}</dd>
        </div>
      ))}
    </dl>
  );
}
