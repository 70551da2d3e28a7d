import { useState } from "react";

import { Input } from "../../../components/Field";
import { JsonTree } from "../../../components/files/JsonView";
import type { Json } from "../../../components/files/json-tree";
import { visible } from "../../../components/files/text";
import { type Column, VirtualTable } from "../../../components/VirtualTable";
import type { ColumnSpec, ModelCard } from "../../../wire/types";
import { shapeOf } from "../lib/differences";

interface Row {
  part: string;
  spec: ColumnSpec;
}

const COLUMNS: readonly Column<Row>[] = [
  { key: "part", title: "", width: 90, cell: ({ part }) => <span className="text-muted">{part}</span> },
  { key: "name", title: "Name", width: 320, cell: ({ spec }) => <span className="truncate" title={visible(spec.name)}>{visible(spec.name)}</span> },
  { key: "type", title: "Type", width: 200, cell: ({ spec }) => <code className="truncate font-mono" title={spec.type}>{spec.type}</code> },
  { key: "shape", title: "Shape", width: 130, cell: ({ spec }) => (spec.shape ? <code className="font-mono">{shapeOf(spec.shape)}</code> : "") },
  { key: "need", title: "", width: 90, cell: ({ part, spec }) => <span className="text-muted">{part !== "input" ? "" : spec.required === false ? "optional" : "required"}</span> },
  { key: "default", title: "Default", width: 140, cell: ({ spec }) => (spec.default === undefined || spec.default === null ? "" : <code className="truncate font-mono">{JSON.stringify(spec.default)}</code>) },
];

/** What goes in, what comes out, and which parameters there are; beside it the example the model was saved with. */
export function Signature({ card }: { card: ModelCard }) {
  const [search, setSearch] = useState("");
  const all: Row[] = [
    ...(card.inputs ?? []).map((spec) => ({ part: "input", spec })),
    ...(card.outputs ?? []).map((spec) => ({ part: "output", spec })),
    ...(card.params ?? []).map((spec) => ({ part: "param", spec })),
  ];
  const rows = search ? all.filter(({ spec }) => `${spec.name} ${spec.type}`.toLowerCase().includes(search.toLowerCase())) : all;
  const example = card.example !== null && card.example !== undefined;
  return (
    <div className={`grid min-h-0 flex-1 grid-rows-[minmax(0,1fr)] gap-5 ${example ? "grid-cols-[minmax(0,3fr)_minmax(16rem,2fr)]" : ""}`}>
      <section aria-label="Columns" className="flex min-h-0 flex-col gap-2">
        <div className="flex items-center gap-3">
          {all.length > 15 ? <Input type="search" aria-label="Search columns" placeholder="Search columns" value={search} onChange={(event) => setSearch(event.target.value)} /> : null}
          <span className="text-muted">{count(card)}</span>
        </div>
        <VirtualTable label="Signature" columns={COLUMNS} total={rows.length} rowAt={(place) => rows[place]} />
      </section>
      {example ? (
        <section aria-labelledby="example-title" className="flex min-h-0 flex-col gap-2">
          <h2 id="example-title" className="text-base font-semibold">Example</h2>
          <JsonTree value={card.example as Json} />
        </section>
      ) : null}
    </div>
  );
}

function count(card: ModelCard): string {
  const said = (list: readonly ColumnSpec[] | undefined, word: string) => (list?.length ? `${list.length} ${word}${list.length === 1 ? "" : "s"}` : "");
  return [said(card.inputs, "input"), said(card.outputs, "output"), said(card.params, "param")].filter(Boolean).join(", ");
}
