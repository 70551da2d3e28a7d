import { useState } from "react";

import { Snippet } from "../../../components/Copy";
import { Select } from "../../../components/Field";
import { Section } from "../../../components/Page";
import { prefix } from "../../../paths";
import type { ModelCard, ModelVersion } from "../../../wire/types";
import { modelUri, snippets } from "../lib/snippets";

/** Code that uses this version, by its number or by one of its aliases. */
export function Use({ name, version, card }: { name: string; version: ModelVersion; card: ModelCard | undefined }) {
  const [alias, setAlias] = useState("");
  const uri = modelUri(name, version.version, alias);
  return (
    <div className="flex max-w-4xl flex-col gap-5">
      {version.aliases?.length ? (
        <label className="flex items-center gap-2">
          By
          <Select value={alias} onChange={(event) => setAlias(event.target.value)}>
            <option value="">version {version.version}, for good</option>
            {version.aliases.map((each) => <option key={each} value={each}>@{each}, wherever it points</option>)}
          </Select>
        </label>
      ) : null}
      {snippets(uri, card, window.location.origin + prefix).map((each) => <Section key={each.title} title={each.title}><Snippet code={each.code} /></Section>)}
    </div>
  );
}
