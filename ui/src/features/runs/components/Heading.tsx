import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";

import { Badge } from "../../../components/Badge";
import { Button } from "../../../components/Button";
import { Copy } from "../../../components/Copy";
import { Page } from "../../../components/Page";
import { Failure, Skeleton } from "../../../components/States";
import { ApiError } from "../../../lib/api";
import { formatCount } from "../../../lib/format";
import { paths } from "../../../paths";
import { experimentQuery } from "../api/get-experiment";
import { Note, noteOf } from "./Note";

interface Props {
  experiments: readonly string[];
  runs: number | undefined;
  groups: number | undefined;
  isFiltered: boolean;
  isRefused: boolean;
  children: ReactNode;
}

const CRUMBS = [{ title: "Experiments", href: paths.experiments() }];
const counted = (count: number, what: string) => `${formatCount(count)} ${what}${count === 1 ? "" : "s"}`;

/** What is around the table: the experiment's name, id and note, and how many runs there are. */
export function Heading({ experiments, runs, groups, isFiltered, isRefused, children }: Props) {
  const id = experiments.length === 1 ? (experiments[0] ?? "") : "";
  const experiment = useQuery({ ...experimentQuery(id), enabled: id !== "" });
  const [isEdited, setEdited] = useState(false);
  const name = id === "" ? `${experiments.length} experiments` : experiment.data?.name;
  return (
    <Page
      fill
      title={name ?? `Experiment ${id}`}
      crumbs={CRUMBS}
      heading={name === undefined && !experiment.error ? <Skeleton className="h-7 w-64" /> : <span className="line-clamp-1 break-all" title={name}>{name ?? `Experiment ${id}`}</span>}
      actions={
        <div className="flex items-center gap-3 text-muted">
          {id === "" ? <span>{experiments.join(", ")}</span> : (
            <span className="flex items-center">
              ID <code data-testid="experiment-id" className="mx-1 font-mono text-fg">{id}</code>
              <Copy text={id} label="Copy the experiment's ID" />
            </span>
          )}
          {experiment.data?.lifecycle_stage === "deleted" ? <Badge tone="warn">deleted</Badge> : null}
          <span role="status" aria-label="Total" className="min-w-20 text-right font-medium text-fg tabular-nums">
            {runs === undefined && !isRefused ? <Skeleton className="h-4 w-20" /> : runs === undefined ? "–" : `${groups === undefined ? "" : `${counted(groups, "group")} of `}${counted(runs, "run")}${isFiltered ? " found" : ""}`}
          </span>
          {experiment.data && noteOf(experiment.data) === "" && !isEdited ? <Button kind="quiet" onClick={() => setEdited(true)}>Add a note</Button> : null}
        </div>
      }
    >
      {experiment.error ? <Failure what="The experiment could not be read." error={experiment.error} onRetry={() => void experiment.refetch()} /> : null}
      {experiment.data ? <Note experiment={experiment.data} isEdited={isEdited} onEdit={setEdited} /> : null}
      {experiment.error instanceof ApiError && experiment.error.status === 404 ? null : children}
    </Page>
  );
}
