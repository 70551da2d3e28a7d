import { Select } from "../../../components/Field";
import { titleOf } from "../logic/comparison";

interface Props {
  label: string;
  value: string;
  options: readonly string[];
  onChange: (column: string) => void;
  /** What the first choice says, which stands for no column. */
  none?: string;
}

const KINDS = [["metrics.", "Metrics"], ["params.", "Params"], ["tags.", "Tags"]] as const;

/** One column of the runs, by its kind. */
export function ColumnSelect({ label, value, options, onChange, none }: Props) {
  return (
    <label className="flex min-w-0 items-center gap-2">
      <span className="whitespace-nowrap">{label}</span>
      <Select value={value} onChange={(event) => onChange(event.target.value)} className="max-w-48 min-w-0 truncate">
        {none === undefined ? null : <option value="">{none}</option>}
        {KINDS.map(([prefix, title]) => {
          const own = options.filter((option) => option.startsWith(prefix));
          return own.length ? <optgroup key={prefix} label={title}>{own.map((option) => <option key={option} value={option}>{titleOf(option)}</option>)}</optgroup> : null;
        })}
      </Select>
    </label>
  );
}
