import { useQuery } from "@tanstack/react-query";

import { Button } from "../../../components/Button";
import { Select } from "../../../components/Field";
import { Empty, Failure, SkeletonLines } from "../../../components/States";
import { formatBytes } from "../../../lib/format";
import { artifactsQuery } from "../api/list-artifacts";
import type { ComparedRun } from "../logic/comparison";
import { type Entry, entriesOf, folderOf } from "../logic/folders";
import { type Shared, useFile, useSide } from "../view";
import { FileDiff } from "./FileDiff";

/** A text artifact of two runs, line by line. */
export function Files({ shared: { compared, baseline } }: { shared: Shared }) {
  const { runs } = compared;
  const [chosenLeft, setLeft] = useSide("left");
  const [chosenRight, setRight] = useSide("right");
  const [path, setPath] = useFile();
  const left = runs.find(({ id }) => id === chosenLeft) ?? runs.find(({ id }) => id === baseline) ?? runs[0];
  const right = runs.find(({ id }) => id === chosenRight) ?? runs.find(({ id }) => id !== left?.id);
  if (!left || !right) return <Empty>Two runs are needed to compare their files.</Empty>;
  return (
    <div className="flex flex-col gap-3">
      <div role="group" aria-label="Runs whose files are compared" className="flex flex-wrap items-center gap-3">
        <RunSelect label="Left" runs={runs} value={left.id} onChange={setLeft} />
        <Button kind="quiet" onClick={() => { setLeft(right.id); setRight(left.id); }}>⇄ Swap</Button>
        <RunSelect label="Right" runs={runs} value={right.id} onChange={setRight} />
      </div>
      <div className="flex min-w-0 flex-col gap-3">
        <Folder left={left} right={right} path={path} onChoose={setPath} />
        {path === "" || path.endsWith("/") ? null : <FileDiff key={`${left.id} ${right.id} ${path}`} left={left} right={right} path={path} />}
      </div>
    </div>
  );
}

function RunSelect({ label, runs, value, onChange }: { label: string; runs: readonly ComparedRun[]; value: string; onChange: (id: string) => void }) {
  return (
    <label className="flex min-w-0 items-center gap-2">{label}
      <Select value={value} onChange={(event) => onChange(event.target.value)} className="max-w-64 min-w-0">
        {runs.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
      </Select>
    </label>
  );
}

/** Both sizes, or the one they have in common. */
function sizesText({ sizes }: Entry): string {
  const [one, other] = sizes.map((size) => (size === null ? "" : formatBytes(size)));
  return one === other ? (one ?? "") : `${one} | ${other}`;
}

const SIDES: Record<Entry["side"], string> = { both: "", left: "only left", right: "only right" };

function Folder({ left, right, path, onChoose }: { left: ComparedRun; right: ComparedRun; path: string; onChoose: (path: string) => void }) {
  const folder = folderOf(path);
  const one = useQuery(artifactsQuery(left.id, folder));
  const other = useQuery(artifactsQuery(right.id, folder));
  const failed = [one, other].find(({ error }) => error);
  if (failed) return <Failure what="The artifacts could not be listed." error={failed.error} onRetry={() => void failed.refetch()} />;
  if (!one.data || !other.data) return <SkeletonLines label="the artifacts" lines={4} />;
  const entries = entriesOf(one.data, other.data);
  const parent = folder === "" ? null : folderOf(folder);
  if (entries.length === 0 && parent === null) return <Empty snippet={'mlflow.log_text("…", "notes.txt")\nmlflow.log_artifact("config.yaml")'}>Neither run has artifacts.</Empty>;
  return (
    <nav aria-label="Artifacts" className="max-h-64 overflow-auto rounded-md border border-line">
      <ul>
        {parent === null ? null : <li><button type="button" className="w-full px-3 py-1 text-left hover:bg-sunken" onClick={() => onChoose(parent === "" ? "" : `${parent}/`)}>↑ {folder}/</button></li>}
        {entries.map((entry) => {
          const name = entry.path.slice(folder === "" ? 0 : folder.length + 1);
          return (
            <li key={entry.path}>
              <button type="button" disabled={!entry.folder && entry.side !== "both"} aria-current={entry.path === path} onClick={() => onChoose(entry.folder ? `${entry.path}/` : entry.path)} className={`flex w-full items-baseline justify-between gap-3 px-3 py-1 text-left enabled:hover:bg-sunken ${entry.path === path ? "bg-tint font-medium" : ""}`}>
                <span className="min-w-0 break-all">{name}{entry.folder ? "/" : ""}</span>
                <span className="shrink-0 text-muted">{SIDES[entry.side] || sizesText(entry)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
