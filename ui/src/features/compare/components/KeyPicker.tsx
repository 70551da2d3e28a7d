import { useMemo, useState } from "react";

import { Button } from "../../../components/Button";
import { Checkbox, Input } from "../../../components/Field";
import { Popover } from "../../../components/Menu";

interface Props {
  label: string;
  /** What is picked: "metrics". */
  noun: string;
  options: readonly string[];
  title?: (option: string) => string;
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  most?: number;
}

const SHOWN = 150;

/** A button with a list to tick, which can be searched. */
export function KeyPicker({ label, noun, options, title = (option) => option, chosen, onChange, most = 60 }: Props) {
  const [contains, setContains] = useState("");
  const found = useMemo(() => {
    const wanted = contains.trim().toLowerCase();
    return wanted ? options.filter((option) => title(option).toLowerCase().includes(wanted)) : options;
  }, [options, contains, title]);
  const toggled = (option: string) => onChange(chosen.includes(option) ? chosen.filter((each) => each !== option) : [...chosen, option]);
  const full = chosen.length >= most;
  return (
    <Popover label={label} trigger={<Button>{label}<span className="text-muted">{chosen.length} of {options.length}</span></Button>}>
      <div className="flex w-80 max-w-[80vw] flex-col gap-2">
        <Input aria-label={`Search ${noun}`} placeholder={`Search ${noun}`} value={contains} onChange={(event) => setContains(event.target.value)} />
        <ul className="max-h-[50vh] overflow-auto">
          {found.slice(0, SHOWN).map((option) => (
            <li key={option}>
              <label className="flex items-start gap-2 rounded px-1 py-1 hover:bg-sunken">
                <Checkbox className="mt-0.5 shrink-0" checked={chosen.includes(option)} disabled={full && !chosen.includes(option)} onChange={() => toggled(option)} />
                <span className="min-w-0 break-words">{title(option)}</span>
              </label>
            </li>
          ))}
        </ul>
        {found.length === 0 ? <p className="text-muted">No {noun} with this text.</p> : null}
        {found.length > SHOWN ? <p className="text-muted">{found.length - SHOWN} more: search to see them.</p> : null}
        {full ? <p className="text-muted">{most} is the most.</p> : null}
      </div>
    </Popover>
  );
}
