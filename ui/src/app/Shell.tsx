import { Component, type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";

import { Dialog } from "../components/Dialog";
import { Page } from "../components/Page";
import { Failure } from "../components/States";
import { keyActions, useKeys } from "../lib/keys";
import { chooseTheme, isDark, useDark } from "../lib/theme";
import { paths } from "../paths";
import { Routes } from "./routes";

const PLACES = [
  { title: "Experiments", href: paths.experiments(), key: "e", own: ["/experiments", "/runs", "/compare"] },
  { title: "Models", href: paths.models(), key: "m", own: ["/models"] },
  { title: "Datasets", href: paths.datasets(), key: "d", own: ["/datasets"] },
];

/** What is around every page. */
export function Shell() {
  const [path, navigate] = useLocation();
  const [help, setHelp] = useState(false);
  const dark = useDark();
  useKeys([
    ...PLACES.map((place) => ({ keys: `g ${place.key}`, what: `go to ${place.title}`, run: () => navigate(place.href) })),
    { keys: "?", what: "show these keys", run: () => setHelp(true) },
  ]);
  return (
    <div className="flex h-screen flex-col">
      <a href="#main" className="sr-only focus:not-sr-only">Skip to the content</a>
      <header className="flex items-center gap-6 border-b border-line bg-raised px-5">
        <Link href="/" className="flex items-center gap-2 py-2 text-base font-semibold text-fg no-underline hover:no-underline">modelyard</Link>
        <nav aria-label="Pages" className="flex flex-1 gap-1">
          {PLACES.map((place) => {
            const here = place.own.some((own) => path.startsWith(own));
            return (
              <Link key={place.href} href={place.href} aria-current={here ? "page" : undefined} className={`-mb-px border-b-2 px-3 py-2.5 no-underline hover:no-underline ${here ? "border-accent font-medium text-fg" : "border-transparent text-muted hover:text-fg"}`}>
                {place.title}
              </Link>
            );
          })}
        </nav>
        <button type="button" className="text-muted hover:text-fg" onClick={() => setHelp(true)} aria-label="Keys of the keyboard" title="Keys of the keyboard (?)">?</button>
        <button type="button" className="text-muted hover:text-fg" onClick={() => chooseTheme(isDark() ? "light" : "dark")} aria-label={dark ? "Light theme" : "Dark theme"} title={dark ? "Light theme" : "Dark theme"}>{dark ? "☀" : "☾"}</button>
        <Link href={paths.settings()} className="text-muted no-underline hover:text-fg hover:no-underline">Settings</Link>
      </header>
      <Guard key={path.split("/").slice(0, 3).join("/")}>
        <Routes />
      </Guard>
      <Dialog title="Keys" open={help} onClose={() => setHelp(false)}>
        <dl className="grid grid-cols-[6rem_1fr] gap-y-1">
          {keyActions().map((action) => (
            <div key={`${action.keys} ${action.what}`} className="contents">
              <dt><kbd className="rounded border border-line bg-sunken px-1.5 font-mono">{action.keys}</kbd></dt>
              <dd>{action.what}</dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </div>
  );
}

/** A page that breaks is told of; the others stay usable. */
class Guard extends Component<{ children: ReactNode }, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: Error) {
    return { error };
  }

  override render() {
    if (this.state.error === null) return this.props.children;
    return (
      <Page title="Something broke">
        <Failure what="This page could not be shown." error={this.state.error} onRetry={() => this.setState({ error: null })} />
      </Page>
    );
  }
}
