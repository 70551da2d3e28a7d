import { useQuery } from "@tanstack/react-query";

import { Failure, SkeletonLines } from "../../../components/States";
import { url } from "../../../lib/api";
import { aboutQuery } from "../api/about";

const can = (yes: boolean, what: string, not: string) => (yes ? what : not);

/** What this server is and can do. */
export function About() {
  const { data, error, refetch } = useQuery(aboutQuery);
  if (error) return <Failure what="The server does not tell what it is." error={error} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonLines label="what the server is" lines={5} />;
  const facts: readonly [string, string][] = [
    ["Version", data.version],
    ["Store", data.store],
    ["Artifacts", can(data.serves_artifacts, "this server reads and writes them for its clients", "clients reach them by themselves")],
    ["Predictions", can(data.predicts, "this server can predict with model versions", "only in the browser, where a model has an ONNX file")],
  ];
  return (
    <div className="flex flex-col gap-3">
      <dl className="grid grid-cols-[8rem_1fr] gap-y-1">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words">{value}</dd>
          </div>
        ))}
      </dl>
      <p><a href={url("server.openapi")}>All endpoints of this server, as an OpenAPI document</a></p>
    </div>
  );
}
