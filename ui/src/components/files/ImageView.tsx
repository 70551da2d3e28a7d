import { useState } from "react";

import { Button } from "../Button";
import { Failure, Skeleton } from "../States";
import { useBlobUrl } from "./blob";
import { baseName, type FileStore } from "./store";
import { visible } from "./text";

const PRESSED = "aria-pressed:border-accent! aria-pressed:bg-tint!";
const ZOOMS = [0.1, 0.25, 0.5, 1, 2, 4, 8];

/** An image, fitted or at a zoom, with its size. SVG is shown as an image too, in which no script runs. */
export function ImageView({ store, path, type }: { store: FileStore; path: string; type: string }) {
  const { address, error, retry } = useBlobUrl(store, path, type);
  const [zoom, setZoom] = useState<number | null>(null);
  const [size, setSize] = useState<{ width: number; height: number } | null>(null);
  const [broken, setBroken] = useState(false);
  if (error) return <Failure what="The image could not be fetched." error={error} onRetry={retry} />;
  if (broken) return <p className="text-muted">The browser cannot show this image. Download it instead.</p>;
  const now = zoom ?? 1;
  return (
    <>
      <div className="flex items-center gap-2">
        <Button aria-pressed={zoom === null} className={PRESSED} onClick={() => setZoom(null)}>Fit</Button>
        <Button aria-label="Smaller" onClick={() => setZoom([...ZOOMS].reverse().find((each) => each < now) ?? now)}>−</Button>
        <Button aria-pressed={zoom === 1} className={PRESSED} onClick={() => setZoom(1)}>100 %</Button>
        <Button aria-label="Larger" onClick={() => setZoom(ZOOMS.find((each) => each > now) ?? now)}>+</Button>
        <span className="text-muted tabular-nums">{size ? `${size.width} × ${size.height} pixels` : ""}{zoom === null ? "" : `, at ${zoom * 100} %`}</span>
      </div>
      <div tabIndex={0} role="region" aria-label="Image" className="flex min-h-0 flex-1 overflow-auto rounded-md border border-line bg-sunken p-3">
        {address ? (
          <img
            src={address}
            alt={visible(baseName(path))}
            onLoad={(event) => setSize({ width: event.currentTarget.naturalWidth, height: event.currentTarget.naturalHeight })}
            onError={() => setBroken(true)}
            className={`m-auto ${zoom === null ? "max-h-full max-w-full object-contain" : "max-w-none"} ${now > 1 ? "[image-rendering:pixelated]" : ""}`}
            style={zoom === null || !size ? {} : { width: size.width * zoom, height: size.height * zoom }}
          />
        ) : <Skeleton className="size-full" />}
      </div>
    </>
  );
}
