import { type ReactNode, useEffect } from "react";
import { Link } from "wouter";

interface Props {
  title: string;
  heading?: ReactNode;
  crumbs?: readonly { title: string; href: string }[];
  actions?: ReactNode;
  children: ReactNode;
  fill?: boolean;
}

/** A page: its title, where it is, what can be done, and its content. `fill` gives the content the height that is left. */
export function Page({ title, heading, crumbs = [], actions, children, fill = false }: Props) {
  useEffect(() => {
    document.title = `${title} · modelyard`;
  }, [title]);
  return (
    <main id="main" className={`flex min-h-0 flex-1 flex-col gap-3 px-5 py-4 ${fill ? "" : "overflow-auto"}`}>
      <header className="flex flex-wrap items-center justify-between gap-3">
        <div className="min-w-0 flex-1 basis-96">
          {crumbs.length ? (
            <nav aria-label="Where this is" className="text-muted">
              {crumbs.map((crumb) => <span key={crumb.href}><Link href={crumb.href}>{crumb.title}</Link> / </span>)}
            </nav>
          ) : null}
          <h1 className="text-xl font-semibold break-words">{heading ?? title}</h1>
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </header>
      {children}
    </main>
  );
}

/** A part of a page with a title. */
export function Section({ title, aside, children }: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <header className="flex items-center justify-between gap-3">
        <h2 className="text-base font-semibold">{title}</h2>
        {aside}
      </header>
      {children}
    </section>
  );
}
