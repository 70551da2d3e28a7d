import { useMemo } from "react";

import { FileBrowser } from "../../../components/files/FileBrowser";
import { type VersionPlace, versionStore } from "../../../components/files/store";
import { Empty } from "../../../components/States";
import { text, useUrlState } from "../../../lib/url-state";

/** The files of a version. */
export function VersionFiles({ name, version, place }: { name: string; version: string; place: VersionPlace }) {
  const [path, setPath] = useUrlState("path", "", text);
  const { modelId, runId, path: below } = place;
  const space = useMemo(() => ({ root: versionStore(name, version, { modelId, runId, path: below }), mounts: [] }), [name, version, modelId, runId, below]);
  if (!modelId && !runId) return <Empty>The files of this version lie outside of this server, which cannot list them.</Empty>;
  return <FileBrowser label="Files of the version" space={space} path={path} onPath={(next) => setPath(next, { replace: false })} />;
}
