import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { formatBytes } from "../../lib/format";
import type { FilePreview } from "../../wire/types";
import { Button } from "../Button";
import { Markdown } from "../Markdown";
import { Failure, Skeleton, SkeletonLines } from "../States";
import { textQuery } from "./blob";
import { HtmlView, MediaView, PdfView } from "./FrameView";
import { ImageView } from "./ImageView";
import { JsonView } from "./JsonView";
import { type FileStore, fileUrl, previewQuery } from "./store";
import { TableView } from "./TableView";
import { TextView } from "./TextView";

/** More than this is not shown unasked. */
const MOST = 2_000_000;
const PRESSED = "aria-pressed:border-accent! aria-pressed:bg-tint!";
const AS_TEXT: readonly FilePreview["kind"][] = ["json", "markdown", "table"];

interface Props {
  store: FileStore;
  path: string;
  /** Its size, where the listing told it; nothing is fetched of a large file before somebody asks. */
  size: number | null;
}

/** A file as what it is. */
export function FileView({ store, path, size }: Props) {
  const [anyway, setAnyway] = useState(false);
  if (size !== null && size > MOST && !anyway) {
    return (
      <div className="flex flex-col items-start gap-3 py-6">
        <p>This file has {formatBytes(size)}. Files of more than 2 MB are shown only when asked for.</p>
        <Button onClick={() => setAnyway(true)}>Show anyway</Button>
      </div>
    );
  }
  return <Kind store={store} path={path} />;
}

function Kind({ store, path }: Omit<Props, "size">) {
  const query = useQuery(previewQuery(store, path));
  const [raw, setRaw] = useState(false);
  if (query.isPending) return <SkeletonLines label="the file" lines={12} />;
  if (!query.data) return <Failure what="The file could not be shown." error={query.error} onRetry={() => void query.refetch()} />;
  const { kind, content_type } = query.data;
  return (
    <>
      {AS_TEXT.includes(kind) && !content_type.includes("parquet") ? (
        <div role="group" aria-label="How it is shown" className="flex gap-1">
          <Button aria-pressed={!raw} className={PRESSED} onClick={() => setRaw(false)}>{{ json: "Tree", markdown: "Rendered", table: "Table" }[kind as string]}</Button>
          <Button aria-pressed={raw} className={PRESSED} onClick={() => setRaw(true)}>Text</Button>
        </div>
      ) : null}
      {raw ? <TextView store={store} path={path} /> : <Content store={store} path={path} preview={query.data} />}
    </>
  );
}

function Content({ store, path, preview }: Omit<Props, "size"> & { preview: FilePreview }) {
  switch (preview.kind) {
    case "text":
      return <TextView store={store} path={path} />;
    case "json":
      return <JsonView store={store} path={path} />;
    case "markdown":
      return <MarkdownView store={store} path={path} />;
    case "table":
      return <TableView store={store} path={path} />;
    case "image":
      return <ImageView store={store} path={path} type={preview.content_type} />;
    case "html":
      return <HtmlView store={store} path={path} />;
    case "pdf":
      return <PdfView store={store} path={path} />;
    case "audio":
    case "video":
      return <MediaView store={store} path={path} type={preview.content_type} />;
    case "binary":
      return <p className="py-6 text-muted">These are {formatBytes(preview.bytes)} that are no text, table or picture. <a href={fileUrl(store, path)} download className="underline">Download the file</a> to look into it.</p>;
  }
}

function MarkdownView({ store, path }: Omit<Props, "size">) {
  const query = useQuery(textQuery(store, path));
  if (query.isError) return <Failure what="The file could not be read." error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Skeleton className="min-h-0 flex-1" />;
  return (
    <div tabIndex={0} role="region" aria-label="Content of the file" className="min-h-0 flex-1 overflow-auto rounded-md border border-line p-4">
      <div className="max-w-3xl"><Markdown text={query.data} /></div>
    </div>
  );
}
