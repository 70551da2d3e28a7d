import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";

import { formatBytes, formatCount } from "../../lib/format";
import type { FileInfo } from "../../wire/types";
import { IconButton } from "../Button";
import { Copy } from "../Copy";
import { Failure, SkeletonLines } from "../States";
import { FileTree } from "./FileTree";
import { FileView } from "./FileView";
import { Gallery } from "./Gallery";
import { hasThumbnail, isImage } from "./gallery";
import { baseName, fileUrl, folderQuery, foldersOf, folderUrl, join, locate, type Space } from "./store";
import { visible } from "./text";

interface Props {
  label: string;
  space: Space;
  path: string;
  onPath: (path: string) => void;
  /** What else can be done with a folder; `files` are those in it. */
  actions?: (path: string, files: readonly FileInfo[]) => ReactNode;
}

/** A tree of files, and beside it what is chosen in it. */
export function FileBrowser({ label, space, path, onPath, actions }: Props) {
  return (
    <div className="grid min-h-0 flex-1 grid-cols-[minmax(14rem,20rem)_minmax(0,1fr)] grid-rows-[minmax(0,1fr)] gap-4">
      <div className="flex min-h-0 flex-col"><FileTree label={label} space={space} selected={path} onSelect={onPath} /></div>
      <Chosen key={path} space={space} path={path} onPath={onPath} actions={actions} />
    </div>
  );
}

function Chosen({ space, path, onPath, actions }: Omit<Props, "label">) {
  const above = foldersOf(path).at(-1) ?? "";
  const parent = useQuery(folderQuery(space, above));
  const info = path === "" ? { path, is_dir: true } : parent.data?.find((file) => file.path === path);
  const folder = useQuery({ ...folderQuery(space, path), enabled: info?.is_dir === true });
  if (parent.isError) return <Failure what="The files could not be listed." error={parent.error} onRetry={() => void parent.refetch()} />;
  if (parent.isPending) return <SkeletonLines label="the file" lines={8} />;
  if (info === undefined) return <Missing path={path} onPath={onPath} />;
  const found = locate(space, path);
  const files = folder.data ?? [];
  const images = files.filter((file) => !file.is_dir && hasThumbnail(file.path));
  return (
    <section aria-label={info.is_dir ? "Folder" : "File"} className="flex min-h-0 min-w-0 flex-col gap-3">
      <header className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <h2 className="min-w-0 truncate font-semibold" title={visible(path)}>{path === "" ? "All files" : visible(baseName(path))}</h2>
        <span className="text-muted">{info.is_dir ? about(files, folder.isPending) : formatBytes(("file_size" in info ? info.file_size : null) ?? 0)}</span>
        <span className="flex-1" />
        {info.is_dir ? actions?.(path, files) : null}
        {found.path ? <span className="flex items-center text-muted">path<Copy text={found.path} label="Copy the path" /></span> : null}
        <span className="flex items-center text-muted">URI<Copy text={join(found.store.uri, found.path)} label="Copy the URI" /></span>
        <Download href={info.is_dir ? folderUrl(found.store, found.path) : fileUrl(found.store, found.path)} name={info.is_dir ? "Download the folder" : "Download the file"} />
      </header>
      {info.is_dir ? (
        <div className="flex min-h-0 flex-1 flex-col gap-5 overflow-auto">
          {folder.isError ? <Failure what="The folder could not be listed." error={folder.error} onRetry={() => void folder.refetch()} /> : null}
          {images.length ? <Gallery store={found.store} images={images.map((file) => ({ ...file, path: locate(space, file.path).path }))} outer={(inner) => join(found.mount?.name ?? "", inner)} onOpen={onPath} /> : null}
          {folder.data?.length === 0 ? <p className="py-6 text-muted">The folder is empty.</p> : null}
          {images.length < files.length ? <Listing files={files.filter((file) => !images.includes(file))} onOpen={onPath} /> : null}
        </div>
      ) : (
        <>
          {isImage(path) ? <Neighbours files={parent.data} path={path} onPath={onPath} /> : null}
          <FileView store={found.store} path={found.path} size={("file_size" in info ? info.file_size : null) ?? null} />
        </>
      )}
    </section>
  );
}

function Download({ href, name }: { href: string; name: string }) {
  return <a href={href} download className="inline-flex h-8 items-center rounded-md border border-line px-3 text-fg no-underline hover:border-strong hover:no-underline">{name}</a>;
}

function about(files: readonly FileInfo[], pending: boolean): string {
  if (pending) return "";
  const folders = files.filter((file) => file.is_dir).length;
  const size = files.reduce((sum, file) => sum + (file.file_size ?? 0), 0);
  const parts = [folders ? `${formatCount(folders)} folder${folders === 1 ? "" : "s"}` : "", files.length - folders ? `${formatCount(files.length - folders)} file${files.length - folders === 1 ? "" : "s"}, ${formatBytes(size)}` : ""];
  return parts.filter(Boolean).join(", ");
}

const MOST = 200;

function Listing({ files, onOpen }: { files: readonly FileInfo[]; onOpen: (path: string) => void }) {
  return (
    <ul className="flex flex-col">
      {files.slice(0, MOST).map((file) => (
        <li key={file.path} className="flex items-center gap-3 border-b border-line/60">
          <button type="button" onClick={() => onOpen(file.path)} className="min-w-0 flex-1 truncate py-1 text-left text-accent hover:underline" title={visible(baseName(file.path))}>{visible(baseName(file.path))}{file.is_dir ? "/" : ""}</button>
          <span className="text-muted tabular-nums">{file.is_dir ? "" : formatBytes(file.file_size ?? 0)}</span>
        </li>
      ))}
      {files.length > MOST ? <li className="py-1 text-muted">{formatCount(files.length - MOST)} more are in the tree.</li> : null}
    </ul>
  );
}

/** From an image to the next one of its folder. */
function Neighbours({ files, path, onPath }: { files: readonly FileInfo[]; path: string; onPath: (path: string) => void }) {
  const images = files.filter((file) => !file.is_dir && isImage(file.path));
  const place = images.findIndex((file) => file.path === path);
  if (images.length < 2) return null;
  const go = (step: number) => onPath(images[(place + step + images.length) % images.length]?.path ?? path);
  return (
    <div className="flex items-center gap-2">
      <IconButton label="Previous image" onClick={() => go(-1)}>←</IconButton>
      <span className="text-muted tabular-nums">{place + 1} of {images.length}</span>
      <IconButton label="Next image" onClick={() => go(1)}>→</IconButton>
    </div>
  );
}

function Missing({ path, onPath }: { path: string; onPath: (path: string) => void }) {
  return (
    <div className="flex flex-col items-start gap-3 py-6">
      <p>There is no file <code className="font-mono break-all">{visible(path)}</code>.</p>
      <button type="button" className="text-accent hover:underline" onClick={() => onPath("")}>All files</button>
    </div>
  );
}
