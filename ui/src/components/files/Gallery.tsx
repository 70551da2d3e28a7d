import { type KeyboardEvent, useMemo, useState } from "react";

import type { FileInfo } from "../../wire/types";
import { Button } from "../Button";
import { type Series, seriesOf } from "./gallery";
import { baseName, type FileStore, thumbnailUrl } from "./store";
import { visible } from "./text";

const PAGE = 60;

interface Props {
  store: FileStore;
  images: readonly FileInfo[];
  /** From a path of the store to one of the page. */
  outer: (path: string) => string;
  onOpen: (path: string) => void;
}

/** The images of a folder, small; those that show the same thing at several steps behind one slider. */
export function Gallery({ store, images, outer, onOpen }: Props) {
  const { series, others } = useMemo(() => seriesOf(images), [images]);
  const [most, setMost] = useState(PAGE);
  const arrows = (event: KeyboardEvent<HTMLUListElement>) => {
    const buttons = [...event.currentTarget.querySelectorAll<HTMLButtonElement>("button[data-image]")];
    const place = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined || place < 0) return;
    buttons[(place + step + buttons.length) % buttons.length]?.focus();
    event.preventDefault();
  };
  return (
    <section aria-label="Images" className="flex flex-col gap-4">
      {series.map((each) => <Steps key={each.name} series={each} store={store} outer={outer} onOpen={onOpen} />)}
      <ul onKeyDown={arrows} className="grid grid-cols-[repeat(auto-fill,minmax(9.5rem,1fr))] gap-3">
        {others.slice(0, most).map((file) => (
          <li key={file.path}><Tile store={store} file={file} onOpen={() => onOpen(outer(file.path))} /></li>
        ))}
      </ul>
      {others.length > most ? <Button className="self-start" onClick={() => setMost(most + PAGE)}>{others.length - most} more</Button> : null}
    </section>
  );
}

function Tile({ store, file, onOpen }: { store: FileStore; file: FileInfo; onOpen: () => void }) {
  const name = visible(baseName(file.path));
  return (
    <button type="button" data-image title={name} onClick={onOpen} className="flex w-full flex-col gap-1 rounded-md border border-line p-1 text-left hover:border-strong">
      <Thumbnail address={thumbnailUrl(store, file.path)} name={name} className="h-32 w-full" />
      <span className="truncate">{name}</span>
    </button>
  );
}

function Thumbnail({ address, name, className }: { address: string; name: string; className: string }) {
  const [broken, setBroken] = useState("");
  if (broken === address) return <span className={`flex items-center justify-center rounded bg-sunken text-muted ${className}`}>no preview</span>;
  return <img src={address} alt={name} loading="lazy" onError={() => setBroken(address)} className={`rounded bg-sunken object-contain ${className}`} />;
}

function Steps({ series, store, outer, onOpen }: { series: Series } & Pick<Props, "store" | "outer" | "onOpen">) {
  const [place, setPlace] = useState(series.steps.length - 1);
  const now = series.steps[Math.min(place, series.steps.length - 1)];
  if (now === undefined) return null;
  const name = visible(baseName(now.file.path));
  return (
    <figure className="flex flex-col gap-2 rounded-md border border-line p-2">
      <button type="button" data-image title="Show it in full size" onClick={() => onOpen(outer(now.file.path))} className="self-start">
        <Thumbnail address={thumbnailUrl(store, now.file.path, 512)} name={name} className="h-72 w-full max-w-[36rem]" />
      </button>
      <figcaption className="flex flex-wrap items-center gap-3">
        <input
          type="range"
          aria-label={`Step of ${visible(series.name)}`}
          aria-valuetext={`step ${now.step}`}
          min={0}
          max={series.steps.length - 1}
          value={place}
          onChange={(event) => setPlace(Number(event.target.value))}
          className="w-72 accent-accent"
        />
        <span className="tabular-nums">step {now.step}</span>
        <span className="text-muted">{name} ({place + 1} of {series.steps.length})</span>
      </figcaption>
    </figure>
  );
}
