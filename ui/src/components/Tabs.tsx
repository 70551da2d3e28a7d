import { Link } from "wouter";

export interface Tab {
  key: string;
  title: string;
  href: string;
  count?: number | undefined;
}

/** Tabs that are addresses: they can be opened beside, and sent to somebody. */
export function Tabs({ tabs, current, label }: { tabs: readonly Tab[]; current: string; label: string }) {
  return (
    <nav aria-label={label} className="flex gap-1 border-b border-line">
      {tabs.map((tab) => (
        <Link
          key={tab.key}
          href={tab.href}
          aria-current={tab.key === current ? "page" : undefined}
          className={`-mb-px border-b-2 px-3 py-2 no-underline hover:no-underline ${
            tab.key === current ? "border-accent font-medium text-fg" : "border-transparent text-muted hover:text-fg"
          }`}
        >
          {tab.title}
          {tab.count === undefined ? null : <span className="ml-1.5 text-muted">{tab.count}</span>}
        </Link>
      ))}
    </nav>
  );
}
