import { useQueries } from "@tanstack/react-query";

import { Button } from "../../../components/Button";
import { visible } from "../../../components/files/text";
import { Section } from "../../../components/Page";
import { Failure, SkeletonLines } from "../../../components/States";
import { cardQuery } from "../../../lib/model";
import { differences } from "../lib/differences";

const MOST = 200;

/** What differs between two versions of a model. */
export function Compare({ name, versions, onClose }: { name: string; versions: readonly [string, string]; onClose: () => void }) {
  const [before, after] = useQueries({ queries: versions.map((version) => cardQuery(name, version)) });
  const failed = before?.isError ? before : after?.isError ? after : null;
  const found = before?.data && after?.data ? differences(before.data, after.data) : null;
  return (
    <Section title={`Version ${versions[0]} and version ${versions[1]}`} aside={<Button kind="quiet" onClick={onClose}>Close</Button>}>
      {failed ? <Failure what="A version could not be looked into." error={failed.error} onRetry={() => void failed.refetch()} /> : null}
      {!failed && found === null ? <SkeletonLines label="the versions" lines={4} /> : null}
      {found?.length === 0 ? <p className="text-muted">Signature, parameters, flavors, requirements and Python are the same.</p> : null}
      {found?.length ? (
        <table className="w-full border-collapse rounded-md border border-line">
          <thead className="bg-sunken"><tr>{["What", "Name", `Version ${versions[0]}`, `Version ${versions[1]}`].map((title) => <th key={title} scope="col" className="px-3 py-1.5 text-left font-medium">{title}</th>)}</tr></thead>
          <tbody>
            {found.slice(0, MOST).map((each) => (
              <tr key={`${each.part} ${each.name}`} className="border-t border-line/60">
                <td className="px-3 py-1 text-muted">{each.part}</td>
                <td className="px-3 py-1 break-all">{visible(each.name)}</td>
                <td className="px-3 py-1 font-mono">{visible(each.before)}</td>
                <td className="px-3 py-1 font-mono">{visible(each.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : null}
      {found && found.length > MOST ? <p className="text-muted">{found.length - MOST} more differ.</p> : null}
    </Section>
  );
}
