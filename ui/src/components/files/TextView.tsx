import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { call } from "../../lib/api";
import { formatBytes } from "../../lib/format";
import { Button } from "../Button";
import { Failure, SkeletonLines } from "../States";
import type { FileStore } from "./store";
import { blocks, visible } from "./text";

const SLICE = 65_536;

/** A text of any length with numbered lines, a slice at a time. */
export function TextView({ store, path }: { store: FileStore; path: string }) {
  const query = useInfiniteQuery({
    queryKey: [...store.key, path, "text"],
    queryFn: ({ pageParam, signal }) => call("views.preview_file", { ...store.owner, path, offset: pageParam, length: SLICE, rows: 1 }, signal),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_offset || undefined,
    staleTime: 60_000,
  });
  const pages = query.data?.pages;
  const found = useMemo(() => blocks((pages ?? []).map((page) => page.text ?? "")), [pages]);
  if (query.isPending) return <SkeletonLines label="the text" lines={12} />;
  if (!pages) return <Failure what="The text could not be read." error={query.error} onRetry={() => void query.refetch()} />;
  const last = pages.at(-1);
  const total = last?.bytes ?? 0;
  const left = last?.next_offset ? total - last.next_offset : 0;
  const width = `${String(found.at(-1)?.first ?? 1).length + 3}ch`;
  return (
    <div className="flex min-h-0 flex-1 flex-col gap-2">
      <div tabIndex={0} role="region" aria-label="Content of the file" className="min-h-0 flex-1 overflow-auto rounded-md border border-line bg-sunken py-2 font-mono text-[0.93em] leading-5">
        {total === 0 ? <p className="px-3 text-muted">The file is empty.</p> : null}
        <div className="w-max min-w-full">
          {found.map((block) => (
            <div key={block.first} className="grid grid-cols-[auto_1fr]">
              <pre aria-hidden className="sticky left-0 border-r border-line bg-sunken px-2 text-right text-muted select-none" style={{ minWidth: width }}>
                {block.lines.map((_, place) => block.first + place).join("\n")}
              </pre>
              <pre className="px-3">{visible(block.lines.join("\n"))}</pre>
            </div>
          ))}
        </div>
        {left > 0 ? (
          <div className="sticky left-0 flex w-fit items-center gap-3 px-3 pt-2 font-sans">
            <Button onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>{query.isFetchingNextPage ? "Loading…" : "More"}</Button>
            <span className="text-muted">{formatBytes(left)} of {formatBytes(total)} are not shown yet.</span>
          </div>
        ) : null}
        {query.isFetchNextPageError ? <Failure what="The next part could not be read." error={query.error} onRetry={() => void query.fetchNextPage()} /> : null}
      </div>
    </div>
  );
}
