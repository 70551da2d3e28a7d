import { useId, useState } from "react";

import { Input, Select, TextArea } from "../../../components/Field";
import { visible } from "../../../components/files/text";
import type { Field, Texts } from "../lib/fields";

interface Props {
  fields: readonly Field[];
  texts: Texts;
  wrong: Readonly<Record<string, string>>;
  onChange: (name: string, text: string) => void;
}

const MANY = 24;

/** The fields of one row. */
export function RowForm({ fields, texts, wrong, onChange }: Props) {
  const [search, setSearch] = useState("");
  const shown = search ? fields.filter((field) => field.name.toLowerCase().includes(search.toLowerCase()) || wrong[field.name]) : fields;
  return (
    <div className="flex flex-col gap-3">
      {fields.length > MANY ? <Input type="search" aria-label="Search fields" placeholder={`Search ${fields.length} fields`} className="max-w-72" value={search} onChange={(event) => setSearch(event.target.value)} /> : null}
      <div className="grid grid-cols-[repeat(auto-fill,minmax(12rem,1fr))] gap-x-4 gap-y-3">
        {shown.map((field) => <OneField key={field.name} field={field} text={texts[field.name] ?? ""} wrong={wrong[field.name]} onChange={(text) => onChange(field.name, text)} />)}
      </div>
    </div>
  );
}

interface OneProps {
  field: Field;
  text: string;
  wrong: string | undefined;
  onChange: (text: string) => void;
}

function OneField({ field, text, wrong, onChange }: OneProps) {
  const id = useId();
  const note = `${id}-note`;
  const common = { id, "aria-invalid": wrong ? true : undefined, "aria-describedby": note, className: `w-full ${wrong ? "border-bad" : ""}` };
  return (
    <div className={`flex min-w-0 flex-col gap-1 ${field.kind === "json" ? "col-span-full" : ""}`}>
      <label htmlFor={id} className="truncate font-medium" title={visible(field.name)}>{visible(field.name)}</label>
      {field.kind === "choice" ? (
        <Select {...common} value={text.toLowerCase()} onChange={(event) => onChange(event.target.value)}>
          {text === "" || !field.required ? <option value="">–</option> : null}
          <option value="true">true</option>
          <option value="false">false</option>
        </Select>
      ) : field.kind === "json" ? (
        <TextArea {...common} rows={4} className={`${common.className} font-mono`} value={text} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <Input {...common} inputMode={field.kind === "text" ? "text" : "decimal"} autoComplete="off" value={text} onChange={(event) => onChange(event.target.value)} />
      )}
      <p id={note} className={`min-h-5 text-[0.93em] ${wrong ? "text-bad" : "truncate text-muted"}`}>{wrong ?? `${field.type}${field.shape ? ` (${field.shape.map((size) => (size < 0 ? "any" : size)).join(", ")})` : ""}${field.required ? "" : ", may be empty"}`}</p>
    </div>
  );
}
