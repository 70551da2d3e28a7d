import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import type { ModelCard } from "../../../wire/types";
import { exampleRows } from "../lib/example";
import type { Table } from "../lib/feeds";
import { type Field, readRow, type Row, textOf, type Texts } from "../lib/fields";
import { fileRows } from "../lib/file-rows";
import { EngineBar } from "./EngineBar";
import { Result } from "./Result";
import { RowForm } from "./RowForm";
import { messageOf, useEngine } from "./use-engine";

interface Props {
  name: string;
  version: string;
  card: ModelCard;
  fields: readonly Field[];
}

interface Done {
  table: Table;
  rows: readonly Row[];
  where: string;
}

const WAIT = 200;
const LARGEST = 20_000_000;

/** Rows that are typed, or a file of them, and what the model predicts. */
export function PredictForm({ name, version, card, fields }: Props) {
  const examples = useMemo(() => exampleRows(card.example, fields).slice(0, 1).map((row) => textsOf(fields, row)), [card, fields]);
  const [rows, setRows] = useState<readonly Texts[]>(examples.length ? examples : [{}]);
  const [at, setAt] = useState(0);
  const [tried, setTried] = useState(false);
  const [done, setDone] = useState<Done | null>(null);
  const [failed, setFailed] = useState("");
  const [busy, setBusy] = useState(false);
  const turn = useRef(0);
  const picker = useRef<HTMLInputElement>(null);
  const { engine, start, predict, toServer, toBrowser } = useEngine(name, version, card);
  const current = rows[Math.min(at, rows.length - 1)] ?? {};
  const read = useMemo(() => rows.map((texts) => readRow(fields, texts)), [rows, fields]);
  const firstWrong = read.findIndex((each) => Object.keys(each.wrong).length > 0);
  const wrong = read[at]?.wrong ?? {};
  const here = engine.state === "browser";

  const run = async (wanted: readonly Row[]) => {
    const mine = (turn.current += 1);
    setBusy(true);
    setFailed("");
    try {
      const table = await predict(fields, wanted);
      if (mine === turn.current) setDone({ table, rows: wanted, where: here ? "Predicted in this browser." : "Predicted by the server." });
    } catch (error) {
      if (mine !== turn.current) return;
      setDone(null);
      setFailed(messageOf(error));
    } finally {
      if (mine === turn.current) setBusy(false);
    }
  };
  // In the browser each change is predicted at once; the server is asked by the button alone.
  const latest = useRef(run);
  const waiting = useRef<number | undefined>(undefined);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => {
    if (!here || firstWrong >= 0) return undefined;
    waiting.current = window.setTimeout(() => void latest.current(read.map((each) => each.row)), WAIT);
    return () => window.clearTimeout(waiting.current);
  }, [here, read, firstWrong]);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (firstWrong >= 0) {
      setAt(firstWrong);
      setDone(null);
      setFailed(`${rows.length > 1 ? `Row ${firstWrong + 1}: ` : ""}${Object.values(read[firstWrong]?.wrong ?? {})[0] ?? ""}`);
    } else void run(read.map((each) => each.row));
  };
  const open = async (file: File | undefined) => {
    if (!file) return;
    window.clearTimeout(waiting.current); // the file was asked for last
    try {
      if (file.size > LARGEST) throw new Error("The file has more than 20 MB. For more use modelyard models predict.");
      await run(fileRows(file.name, await file.text(), fields));
    } catch (error) {
      setDone(null);
      setFailed(messageOf(error));
    }
    if (picker.current) picker.current.value = "";
  };
  const change = (field: string, text: string) => setRows((all) => all.map((each, place) => (place === at ? { ...each, [field]: text } : each)));
  const ready = engine.state === "browser" || engine.state === "server";
  return (
    <>
      <EngineBar engine={engine} card={card} onStart={() => void start()} onServer={toServer} onBrowser={toBrowser} />
      <form onSubmit={submit} noValidate className="flex flex-col gap-4">
        <div role="group" aria-label="Rows" className="flex flex-wrap items-center gap-1">
          {rows.map((_, place) => (
            <Button key={place} aria-pressed={place === at} className="aria-pressed:border-accent! aria-pressed:bg-tint!" onClick={() => setAt(place)}>{read[place] && tried && Object.keys(read[place].wrong).length ? "! " : ""}Row {place + 1}</Button>
          ))}
          <Button kind="quiet" onClick={() => { setRows([...rows, current]); setAt(rows.length); }}>+ Add a row</Button>
          {rows.length > 1 ? <IconButton label={`Remove row ${at + 1}`} onClick={() => { setRows(rows.filter((_, place) => place !== at)); setAt(Math.max(0, at - 1)); }}>✕</IconButton> : null}
        </div>
        <RowForm key={at} fields={fields} texts={current} wrong={tried || here ? wrong : {}} onChange={change} />
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="primary" type="submit" disabled={!ready || busy}>{busy ? "Predicting…" : "Predict"}</Button>
          <Button disabled={!ready || busy} onClick={() => picker.current?.click()}>A file of rows…</Button>
          <input ref={picker} type="file" accept=".csv,.tsv,.json,text/csv,application/json" aria-label="A file of rows" className="sr-only" tabIndex={-1} onChange={(event) => void open(event.target.files?.[0])} />
          {examples.length ? <Button kind="quiet" onClick={() => { setRows(examples); setAt(0); }}>Back to the example</Button> : null}
          <span className="text-muted">CSV with the columns’ names in its first line, or JSON.</span>
        </div>
      </form>
      {failed ? <p role="alert" className="rounded-md border border-bad p-3">{failed}</p> : null}
      {done ? <Result table={done.table} fields={fields} rows={done.rows} where={done.where} /> : null}
    </>
  );
}

function textsOf(fields: readonly Field[], row: Row): Texts {
  return Object.fromEntries(fields.map((field) => [field.name, textOf(field, row[field.name])]));
}
