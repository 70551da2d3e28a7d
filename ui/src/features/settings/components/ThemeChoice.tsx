import { useState } from "react";

import { chooseTheme, chosenTheme, type Theme } from "../../../lib/theme";

const THEMES: readonly [Theme, string, string][] = [
  ["system", "As the system", "follows the system, also when it changes"],
  ["light", "Light", "always light in this browser"],
  ["dark", "Dark", "always dark in this browser"],
];

/** Which theme the pages have in this browser. */
export function ThemeChoice() {
  const [chosen, setChosen] = useState(chosenTheme());
  const asked = new URLSearchParams(window.location.search).has("theme");
  const choose = (theme: Theme) => {
    chooseTheme(theme);
    setChosen(theme);
  };
  return (
    <div className="flex flex-col gap-3">
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Theme</legend>
        {THEMES.map(([theme, title, what]) => (
          <label key={theme} className="flex items-center gap-2">
            <input type="radio" name="theme" value={theme} checked={chosen === theme} disabled={asked} onChange={() => choose(theme)} className="size-4 accent-accent" />
            <span>{title}</span>
            <span className="text-muted">{what}</span>
          </label>
        ))}
      </fieldset>
      {asked ? <p role="status" className="text-warn">The address of this page chooses its theme.</p> : null}
      <p className="text-muted">A page that is shown inside of another has the theme its address asks for: add <code className="font-mono text-fg">?theme=dark</code> or <code className="font-mono text-fg">?theme=light</code>.</p>
    </div>
  );
}
