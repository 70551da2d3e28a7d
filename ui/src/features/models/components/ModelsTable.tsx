import { useEffect, useRef } from "react";
import { Link } from "wouter";

import { Badge } from "../../../components/Badge";
import { visible } from "../../../components/files/text";
import { When } from "../../../components/When";
import { paths } from "../../../paths";
import type { RegisteredModel } from "../../../wire/types";
import type { Order } from "../api/search-models";

interface Props {
  models: readonly RegisteredModel[];
  order: Order;
  onOrder: (order: Order) => void;
  current: number | null;
}

const CELL = "px-3 py-1.5 text-left align-top";

export function ModelsTable({ models, order, onOrder, current }: Props) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => row.current?.scrollIntoView({ block: "nearest" }), [current]);
  const head = (key: "name" | "updated", title: string) => {
    const now = order === key ? "ascending" : order === `-${key}` ? "descending" : "none";
    return (
      <th scope="col" aria-sort={now} className={CELL}>
        <button type="button" className="font-medium" onClick={() => onOrder(now === "ascending" ? `-${key}` : key)}>
          {title} <span aria-hidden>{now === "ascending" ? "▲" : now === "descending" ? "▼" : ""}</span>
        </button>
      </th>
    );
  };
  return (
    <div className="rounded-md border border-line">
      <table className="w-full table-fixed border-collapse">
        <thead className="bg-sunken">
          <tr>
            {head("name", "Name")}
            <th scope="col" className={`${CELL} w-36 font-medium`}>Latest version</th>
            <th scope="col" className={`${CELL} w-1/5 font-medium`}>Aliases</th>
            <th scope="col" className={`${CELL} w-1/5 font-medium`}>Tags</th>
            <th scope="col" aria-sort={order === "updated" ? "ascending" : order === "-updated" ? "descending" : "none"} className={`${CELL} w-40`}>
              <button type="button" className="font-medium" onClick={() => onOrder(order === "-updated" ? "updated" : "-updated")}>
                Last change <span aria-hidden>{order === "updated" ? "▲" : order === "-updated" ? "▼" : ""}</span>
              </button>
            </th>
          </tr>
        </thead>
        <tbody>
          {models.map((model, place) => (
            <tr key={model.name} ref={place === current ? row : null} aria-current={place === current || undefined} className={`border-t border-line/60 ${place === current ? "bg-tint" : "hover:bg-sunken"}`}>
              <td className={CELL}><Link href={paths.model(model.name)} className="line-clamp-2 break-words" title={visible(model.name)}>{visible(model.name)}</Link></td>
              <td className={CELL}><Latest model={model} /></td>
              <td className={CELL}><span className="flex flex-wrap gap-1">{model.aliases?.slice(0, 6).map(({ alias, version }) => <Badge key={alias} tone="accent" title={`Version ${version}`}>@{alias} → {version}</Badge>)}</span></td>
              <td className={CELL}><span className="flex flex-wrap gap-1">{model.tags?.slice(0, 4).map((tag) => <Badge key={tag.key} title={visible(`${tag.key}: ${tag.value}`)}><span className="max-w-40 truncate">{visible(`${tag.key}: ${tag.value}`)}</span></Badge>)}</span></td>
              <td className={`${CELL} text-muted`}><When time={model.last_updated_timestamp ?? model.creation_timestamp} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Latest({ model }: { model: RegisteredModel }) {
  const newest = Math.max(0, ...(model.latest_versions ?? []).map((each) => Number(each.version)));
  if (newest === 0) return <span className="text-muted">none</span>;
  return <Link href={paths.version(model.name, String(newest))}>Version {newest}</Link>;
}
