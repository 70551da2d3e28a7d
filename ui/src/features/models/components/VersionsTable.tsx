import { Link } from "wouter";

import { Badge } from "../../../components/Badge";
import { Checkbox } from "../../../components/Field";
import { visible } from "../../../components/files/text";
import { When } from "../../../components/When";
import { paths } from "../../../paths";
import type { ModelVersion } from "../../../wire/types";
import { Verdict, verdictOf, VersionStatus } from "./Verdict";

interface Props {
  versions: readonly ModelVersion[];
  chosen: readonly string[];
  onChoose: (version: string, chosen: boolean) => void;
}

const CELL = "px-3 py-1.5 text-left align-top";

/** Versions, the newest first. Two can be chosen to be compared. Stages are a column only where somebody uses them. */
export function VersionsTable({ versions, chosen, onChoose }: Props) {
  const stages = versions.some(hasStage);
  return (
    <div className="overflow-x-auto rounded-md border border-line">
      <table className="w-full border-collapse">
        <thead className="bg-sunken">
          <tr>
            <th scope="col" className={`${CELL} w-10`}><span className="sr-only">Compare</span></th>
            {["Version", "Status", "Verification", "Aliases", ...(stages ? ["Stage"] : []), "Source run", "Description", "Registered"].map((title) => <th key={title} scope="col" className={`${CELL} font-medium whitespace-nowrap`}>{title}</th>)}
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <tr key={version.version} className="border-t border-line/60 hover:bg-sunken">
              <td className={CELL}><Checkbox aria-label={`Compare version ${version.version}`} checked={chosen.includes(version.version)} onChange={(event) => onChoose(version.version, event.target.checked)} /></td>
              <td className={`${CELL} whitespace-nowrap`}><Link href={paths.version(version.name, version.version)}>Version {version.version}</Link></td>
              <td className={CELL}><VersionStatus version={version} /></td>
              <td className={CELL}><Verdict verdict={verdictOf(version)} /></td>
              <td className={CELL}><span className="flex flex-wrap gap-1">{version.aliases?.map((alias) => <Badge key={alias} tone="accent">@{alias}</Badge>)}</span></td>
              {stages ? <td className={CELL}>{hasStage(version) ? version.current_stage : ""}</td> : null}
              <td className={CELL}>{version.run_id ? <Link href={paths.run(version.run_id)} className="font-mono" title={version.run_id}>{version.run_id.slice(0, 8)}…</Link> : <span className="text-muted">none</span>}</td>
              <td className={`${CELL} w-1/4 max-w-64`}><span className="line-clamp-1" title={visible(version.description ?? "")}>{visible(version.description ?? "")}</span></td>
              <td className={`${CELL} whitespace-nowrap text-muted`}><When time={version.creation_timestamp} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function hasStage(version: ModelVersion): boolean {
  return Boolean(version.current_stage) && version.current_stage !== "None";
}
