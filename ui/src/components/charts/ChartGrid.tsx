import type { ReactNode } from "react";

const FIXED: Record<number, string> = { 1: "grid-cols-1", 2: "grid-cols-2", 3: "grid-cols-3", 4: "grid-cols-4", 5: "grid-cols-5", 6: "grid-cols-6" };

/** Charts beside one another over the whole width: so many in a row, or with 0 as many as are readable. */
export function ChartGrid({ columns, children }: { columns: number; children: ReactNode }) {
  return <div className={`grid gap-3 ${FIXED[columns] ?? "grid-cols-[repeat(auto-fit,minmax(min(22rem,100%),1fr))]"}`}>{children}</div>;
}
