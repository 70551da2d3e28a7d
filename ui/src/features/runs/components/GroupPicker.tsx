import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import { Checkbox, Input, Select } from "../../../components/Field";
import { Popover } from "../../../components/Menu";
import { keysQuery } from "../api/find-keys";
import { titleOf } from "../logic/columns";
import type { Aggregate } from "../view";

const ATTRIBUTES = ["attributes.status", "attributes.user_id", "attributes.run_name", "attributes.experiment_id"];

interface Props {
  experiments: readonly string[];
  group: readonly string[];
  aggregate: Aggregate;
  onGroup: (group: readonly string[]) => void;
  onAggregate: (aggregate: Aggregate) => void;
}

/** By what runs are put into groups, and what of their metrics is shown. */
export function GroupPicker(props: Props) {
  const { group, onGroup } = props;
  return (
    <span className="inline-flex items-center">
      <Popover label="Groups" trigger={<Button className={group.length ? "border-accent! text-accent!" : ""}>{group.length ? `By ${group.map(titleOf).join(", ").slice(0, 30)}` : "Group"}</Button>}>
        <Choices {...props} />
      </Popover>
      {group.length ? <IconButton label="Do not group" onClick={() => onGroup([])}>✕</IconButton> : null}
    </span>
  );
}

function Choices({ experiments, group, aggregate, onGroup, onAggregate }: Props) {
  const [search, setSearch] = useState("");
  const contains = useDeferredValue(search.trim());
  const params = useQuery(keysQuery({ experiment_ids: [...experiments], kind: "params", contains, limit: 40 }));
  const tags = useQuery(keysQuery({ experiment_ids: [...experiments], kind: "tags", contains, limit: 20 }));
  const choices = [
    ...(params.data?.keys ?? []).map(({ key }) => ({ name: `params.${key}`, what: "param" })),
    ...(tags.data?.keys ?? []).map(({ key }) => ({ name: `tags.${key}`, what: "tag" })),
    ...ATTRIBUTES.filter((name) => titleOf(name).toLowerCase().includes(contains.toLowerCase())).map((name) => ({ name, what: "attribute" })),
  ];
  const toggle = (name: string) => onGroup(group.includes(name) ? group.filter((each) => each !== name) : [...group, name]);
  return (
    <div className="flex w-80 flex-col gap-2">
      <label className="flex items-center justify-between gap-2">
        Metrics of a group
        <Select value={aggregate} onChange={(event) => onAggregate(event.target.value as Aggregate)}>
          <option value="mean">mean ± deviation</option>
          <option value="min">least</option>
          <option value="max">greatest</option>
        </Select>
      </label>
      <Input autoFocus aria-label="Search for what to group by" placeholder="Search params and tags" value={search} onChange={(event) => setSearch(event.target.value)} />
      <div className="flex max-h-[46vh] flex-col overflow-auto">
        {choices.map(({ name, what }) => (
          <label key={name} className="flex items-center gap-2 py-0.5">
            <Checkbox checked={group.includes(name)} onChange={() => toggle(name)} />
            <span className="min-w-0 flex-1 truncate" title={name}>{titleOf(name)}</span>
            <span className="text-muted">{what}</span>
          </label>
        ))}
      </div>
    </div>
  );
}
