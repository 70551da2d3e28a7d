import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

import { prefix } from "../../paths";
import { Checkbox } from "../Field";
import { Failure, Skeleton } from "../States";
import { textQuery, useBlobUrl } from "./blob";
import type { FileStore } from "./store";
import { TextView } from "./TextView";

/**
 * HTML in a frame of an origin of its own, which knows nothing of this page. The server's frame takes the text by a message:
 * its policy lets styles inside the text be, fetches nothing, and runs scripts only where somebody asked for it.
 */
export function HtmlView({ store, path }: { store: FileStore; path: string }) {
  const query = useQuery(textQuery(store, path));
  const [source, setSource] = useState(false);
  const [scripts, setScripts] = useState(false);
  if (query.isError) return <Failure what="The file could not be read." error={query.error} onRetry={() => void query.refetch()} />;
  return (
    <>
      <div className="flex flex-wrap items-center gap-4">
        <label className="flex items-center gap-1.5"><Checkbox checked={source} onChange={(event) => setSource(event.target.checked)} />Source</label>
        <label className="flex items-center gap-1.5"><Checkbox checked={scripts} disabled={source} onChange={(event) => setScripts(event.target.checked)} />Run its scripts</label>
        <span className="text-muted">It is shown in a frame of its own that reaches neither this page nor the network.</span>
      </div>
      {source ? <TextView store={store} path={path} /> : query.data === undefined ? <Skeleton className="min-h-0 flex-1" /> : <Frame key={`${path} ${scripts}`} text={query.data} scripts={scripts} />}
    </>
  );
}

function Frame({ text, scripts }: { text: string; scripts: boolean }) {
  const frame = useRef<HTMLIFrameElement>(null);
  useEffect(() => {
    const ready = (event: MessageEvent) => {
      const inside = frame.current?.contentWindow;
      if (inside && event.source === inside && event.data === "ready") inside.postMessage(text, "*");
    };
    window.addEventListener("message", ready);
    return () => window.removeEventListener("message", ready);
  }, [text]);
  return (
    <iframe
      ref={frame}
      title="The page in the file"
      sandbox="allow-scripts"
      src={`${prefix}/frame${scripts ? "/scripts" : ""}`}
      className="min-h-0 flex-1 rounded-md border border-line bg-white"
    />
  );
}

/** A PDF in the browser's own viewer. */
export function PdfView({ store, path }: { store: FileStore; path: string }) {
  const { address, error, retry } = useBlobUrl(store, path, "application/pdf");
  if (error) return <Failure what="The file could not be fetched." error={error} onRetry={retry} />;
  if (!address) return <Skeleton className="min-h-0 flex-1" />;
  return (
    <>
      <p className="text-muted">Nothing below? This browser shows no PDF inside a page: <a href={address} target="_blank" rel="noreferrer" className="underline">open it in a tab</a>, or download it.</p>
      <iframe title="The document" src={address} className="min-h-0 flex-1 rounded-md border border-line" />
    </>
  );
}

/** Sound or moving pictures. Nothing plays by itself. */
export function MediaView({ store, path, type }: { store: FileStore; path: string; type: string }) {
  const { address, error, retry } = useBlobUrl(store, path, type);
  if (error) return <Failure what="The file could not be fetched." error={error} onRetry={retry} />;
  if (!address) return <Skeleton className="h-12 w-96" />;
  return type.startsWith("video/") ? (
    <video controls src={address} className="min-h-0 max-w-full flex-1 rounded-md border border-line bg-black" />
  ) : (
    <audio controls src={address} className="w-full max-w-2xl" />
  );
}
