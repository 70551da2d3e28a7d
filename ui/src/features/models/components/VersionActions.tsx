import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { Button } from "../../../components/Button";
import { Select } from "../../../components/Field";
import { visible } from "../../../components/files/text";
import { Menu, MenuItem } from "../../../components/Menu";
import { paths } from "../../../paths";
import type { ModelVersion } from "../../../wire/types";
import { change, useChange } from "../api/change";
import { versionsQuery } from "../api/search-versions";
import { Confirm } from "./Confirm";
import { hasStage } from "./VersionsTable";

const STAGES = ["None", "Staging", "Production", "Archived"];

/** Predict, download, the stage for those who use stages, and delete. */
export function VersionActions({ version, download }: { version: ModelVersion; download: string }) {
  const { name, version: number } = version;
  const [asked, setAsked] = useState(false);
  const [staging, setStaging] = useState(false);
  const [, navigate] = useLocation();
  const versions = useInfiniteQuery(versionsQuery(name));
  const used = versions.data?.pages.some((page) => page.model_versions?.some(hasStage)) ?? false;
  const save = useChange();
  const remove = useChange({ said: `Version ${number} is deleted.`, leaves: true, onDone: () => navigate(paths.model(name), { replace: true }) });
  const aliases = version.aliases ?? [];
  const look = "inline-flex h-8 items-center rounded-md border px-3 no-underline hover:no-underline";
  return (
    <>
      {used || staging ? (
        <label className="flex items-center gap-1.5 text-muted">
          Stage
          <Select value={version.current_stage ?? "None"} disabled={save.isPending} onChange={(event) => save.mutate([change("registry.transition_model_version_stage", { name, version: number, stage: event.target.value, archive_existing_versions: false })])}>
            {STAGES.map((stage) => <option key={stage}>{stage}</option>)}
          </Select>
        </label>
      ) : null}
      <Link href={paths.predict(name, number)} className={`${look} border-transparent bg-accent text-accent-fg hover:brightness-110`}>Predict</Link>
      <a href={download} download className={`${look} border-line text-fg hover:border-strong`}>Download</a>
      <Menu trigger={<Button aria-label="More actions">More ▾</Button>}>
        {used ? null : <MenuItem onSelect={() => setStaging(true)}>Use stages…</MenuItem>}
        <MenuItem danger onSelect={() => setAsked(true)}>Delete this version…</MenuItem>
      </Menu>
      <Confirm title={`Delete version ${number} of ${visible(name)}?`} typed={aliases.length ? number : ""} act="Delete the version" open={asked} busy={remove.isPending} onClose={() => setAsked(false)} onAct={() => remove.mutate([change("registry.delete_model_version", { name, version: number })])}>
        {aliases.length ? <p><strong>{aliases.map((alias) => `@${alias}`).join(", ")}</strong> {aliases.length === 1 ? "points" : "point"} to it: what loads the model by {aliases.length === 1 ? "this alias" : "these aliases"} stops working.</p> : <p>No alias points to it.</p>}
        <p className="text-muted">The files in its run stay.</p>
      </Confirm>
    </>
  );
}
