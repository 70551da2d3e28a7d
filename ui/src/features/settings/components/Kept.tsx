import { useState } from "react";

import { Button } from "../../../components/Button";
import { applyTheme } from "../../../lib/theme";

const OWN = "modelyard.";

function keptNames(): string[] {
  return Object.keys(window.localStorage).filter((name) => name.startsWith(OWN)).sort();
}

/** What the pages wrote into this browser, and a way to have it forgotten. */
export function Kept() {
  const [names, setNames] = useState(keptNames);
  const forget = () => {
    for (const name of names) window.localStorage.removeItem(name);
    setNames([]);
    applyTheme();
  };
  return (
    <div className="flex flex-col items-start gap-2">
      <p>What a page shows is in its address, so that it can be sent to others. Beside that, only choices of yours like the theme stay in this browser, and nothing is told to anybody.</p>
      {names.length === 0 ? <p className="text-muted">Nothing is kept now.</p> : (
        <>
          <dl className="grid grid-cols-[max-content_1fr] gap-x-4 gap-y-1">
            {names.map((name) => (
              <div key={name} className="contents">
                <dt className="font-mono">{name}</dt>
                <dd className="max-w-md truncate text-muted">{window.localStorage.getItem(name)}</dd>
              </div>
            ))}
          </dl>
          <Button onClick={forget}>Forget it</Button>
        </>
      )}
    </div>
  );
}
