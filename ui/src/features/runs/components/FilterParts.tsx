import { useQuery } from "@tanstack/react-query";

import { keysQuery } from "../api/find-keys";
import { quotedKey } from "../logic/columns";
import type { Option } from "../logic/complete";

const PANEL = "absolute top-9 left-0 z-30 w-full max-w-2xl rounded-md border border-line bg-raised p-1 shadow-lg";

interface OptionsProps {
  id: string;
  options: readonly Option[];
  chosen: number;
  onTake: (option: Option) => void;
}

/** What can follow, below the filter. */
export function FilterOptions({ id, options, chosen, onTake }: OptionsProps) {
  return (
    <ul id={id} role="listbox" aria-label="What can follow" hidden={options.length === 0} className={`${PANEL} max-h-72 overflow-auto`}>
      {options.map((option, place) => (
        <li
          key={`${option.label} ${option.hint ?? ""}`}
          id={`${id}-${place}`}
          role="option"
          aria-selected={place === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            onTake(option);
          }}
          className={`flex cursor-pointer justify-between gap-4 rounded px-2 py-1 ${place === chosen ? "bg-tint" : "hover:bg-sunken"}`}
        >
          <span className="truncate font-mono" title={option.label}>{option.label}</span>
          <span className="shrink-0 text-muted">{option.hint}</span>
        </li>
      ))}
    </ul>
  );
}

/** What the language can say, by this experiment's own keys. */
export function FilterHints({ experiments }: { experiments: readonly string[] }) {
  const metrics = useQuery(keysQuery({ experiment_ids: [...experiments], kind: "metrics", limit: 1 }));
  const params = useQuery(keysQuery({ experiment_ids: [...experiments], kind: "params", limit: 1 }));
  const metric = `metrics.${quotedKey(metrics.data?.keys[0]?.key ?? "rmse", "metrics")}`;
  const param = `params.${quotedKey(params.data?.keys[0]?.key ?? "model")}`;
  const hints = [
    [`${metric} < 0.8 AND ${param} = '1'`, "both"],
    [`status = 'FAILED' OR tags.team IS NULL`, "one of two; NOT and ( ) too"],
    [`${param} IN ('1', '2')`, "one of a list"],
    [`${metric}.min BETWEEN 0.1 AND 0.5`, "the least of all steps; .max too"],
    [`run_name LIKE 'exp-%'`, "% is any text; =~ takes a regular expression"],
  ] as const;
  return (
    <div className={`${PANEL} px-3 py-2`}>
      <p className="pb-1 text-muted">For example (keys are proposed while you type, Enter applies):</p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1">
        {hints.map(([example, what]) => (
          <div key={what} className="contents">
            <dt className="font-mono break-all">{example}</dt>
            <dd className="text-muted">{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

/** A wavy line under the place of the mistake; it lies over the field and moves with its text. */
export function FilterMark({ text, mistake, scrolled }: { text: string; mistake: { start: number; end: number }; scrolled: number }) {
  return (
    <div aria-hidden className="pointer-events-none absolute inset-0 overflow-hidden rounded-md border border-transparent px-2 font-mono text-[0.93em] leading-[30px] whitespace-pre text-transparent">
      <div style={{ transform: `translateX(${-scrolled}px)` }}>
        {text.slice(0, mistake.start)}
        <mark data-mistake className="bg-bad/20 text-transparent underline decoration-bad decoration-wavy underline-offset-2">{text.slice(mistake.start, mistake.end) || " "}</mark>
      </div>
    </div>
  );
}

/** The server's words, with its caret where the message has lines. */
export function FilterError({ id, message }: { id: string; message: string }) {
  return <p id={id} role="alert" className="pt-1 font-mono text-[0.9em] whitespace-pre-wrap text-bad">{message.split("\n")[0]}</p>;
}
