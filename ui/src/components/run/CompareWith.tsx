import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";

import { call } from "../../lib/api";
import { paths } from "../../paths";
import type { Run } from "../../wire/types";
import { Status } from "../Badge";
import { Button } from "../Button";
import { DialogActions } from "../Dialog";
import { Checkbox, Input } from "../Field";
import { Failure, SkeletonLines } from "../States";
import { When } from "../When";

const SHOWN = 50;

const namedQuery = (experimentId: string, name: string) =>
  queryOptions({
    queryKey: ["runs", "named", experimentId, name],
    queryFn: ({ signal }) =>
      call(
        "views.list_runs",
        {
          experiment_ids: [experimentId],
          filter: name === "" ? "" : `attributes.run_name ILIKE '%${name.replaceAll("'", "''")}%'`,
          columns: ["attributes.run_name", "attributes.status", "attributes.start_time"],
          limit: SHOWN,
        },
        signal,
      ),
    placeholderData: keepPreviousData,
  });

/** Choose other runs of the same experiment, and see them beside this one. */
export function CompareWith({ run, onClose }: { run: Run; onClose: () => void }) {
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const { data, error, refetch } = useQuery(namedQuery(run.info.experiment_id, name.trim()));
  const toggle = (id: string) => setChosen(chosen.includes(id) ? chosen.filter((each) => each !== id) : [...chosen, id]);
  const others = (data?.run_ids ?? []).map((id, place) => ({ id, place })).filter(({ id }) => id !== run.info.run_id);
  const cell = (column: string, place: number) => data?.columns[column]?.[place];
  return (
    <>
      <Input aria-label="Search runs by name" placeholder="Search by name" autoFocus value={name} onChange={(event) => setName(event.target.value)} />
      <div className="h-72 overflow-auto rounded-md border border-line">
        {error ? <Failure what="The runs could not be read." error={error} onRetry={() => void refetch()} /> : null}
        {!data && !error ? <div className="px-3"><SkeletonLines label="runs" /></div> : null}
        {data && others.length === 0 ? <p className="p-4 text-center text-muted">No other run of this experiment{name ? " has such a name" : ""}.</p> : null}
        <ul>
          {others.map(({ id, place }) => (
            <li key={id}>
              <label className="flex items-center gap-2 px-3 py-1 hover:bg-sunken">
                <Checkbox checked={chosen.includes(id)} onChange={() => toggle(id)} />
                <Status compact status={String(cell("attributes.status", place) ?? "")} />
                <span className="min-w-0 flex-1 truncate" title={id}>{String(cell("attributes.run_name", place) || id)}</span>
                <span className="text-muted"><When time={Number(cell("attributes.start_time", place) ?? 0)} /></span>
              </label>
            </li>
          ))}
        </ul>
      </div>
      {data && data.total > SHOWN ? <p className="text-muted">The latest {SHOWN} of {data.total} are listed. Search to find others.</p> : null}
      <DialogActions>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind="primary" disabled={chosen.length === 0} onClick={() => navigate(paths.compare([run.info.run_id, ...chosen]))}>
          Compare {chosen.length + 1} runs
        </Button>
      </DialogActions>
    </>
  );
}
