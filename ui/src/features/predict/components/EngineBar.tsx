import { useQuery } from "@tanstack/react-query";

import { Button } from "../../../components/Button";
import { formatBytes } from "../../../lib/format";
import type { ModelCard } from "../../../wire/types";
import { aboutQuery } from "../api/about";
import { downloadSize } from "../lib/runtime";
import type { Engine } from "./use-engine";

interface Props {
  engine: Engine;
  card: ModelCard;
  onStart: () => void;
  onServer: () => void;
  onBrowser: () => void;
}

/** Where the predictions are made, and where the input goes. */
export function EngineBar({ engine, card, onStart, onServer, onBrowser }: Props) {
  const twin = card.onnx;
  const bytes = useQuery({ queryKey: ["runtime", "size", twin?.bytes], queryFn: () => downloadSize(twin ?? { path: "", bytes: 0, certified: false }), enabled: engine.state === "offered", staleTime: Infinity });
  const about = useQuery({ ...aboutQuery(), enabled: engine.state === "server" });
  const box = "flex flex-wrap items-center gap-3 rounded-md border border-line bg-sunken px-4 py-3";
  switch (engine.state) {
    case "offered":
      return (
        <section aria-label="Where it predicts" className={box}>
          <p className="flex-1 basis-96"><strong className="font-semibold">The model can predict in this browser.</strong> That fetches {bytes.data ? formatBytes(bytes.data) : "some megabytes"} once: the ONNX runtime, and the model of {formatBytes(twin?.bytes ?? 0)}. The input stays in this browser.</p>
          <Button kind="primary" onClick={onStart}>Load the model</Button>
          <Button onClick={onServer}>Use the server instead</Button>
        </section>
      );
    case "loading":
      return (
        <section aria-label="Where it predicts" className={box}>
          <label className="flex flex-1 items-center gap-3">
            Loading the model
            <progress className="h-2 flex-1 accent-accent" max={engine.total} value={engine.done} />
            <span className="w-36 text-right tabular-nums">{formatBytes(engine.done)} of {formatBytes(engine.total)}</span>
          </label>
        </section>
      );
    case "browser":
      return (
        <section aria-label="Where it predicts" className={box}>
          <p className="flex-1 basis-96"><strong className="font-semibold">Predicting in this browser. The input stays in this browser.</strong> <span className="text-muted">The ONNX twin was compared with the model on {twin?.rows_compared ?? 0} rows.</span></p>
          <Button kind="quiet" onClick={onServer}>Use the server instead</Button>
        </section>
      );
    case "server":
      return (
        <section aria-label="Where it predicts" className={box}>
          <p className="flex-1 basis-96">
            <strong className="font-semibold">{engine.why} So the server predicts: the input is sent to it.</strong>{" "}
            {about.data?.predicts === false ? <span className="text-bad">This server was started without predictions, though.</span> : <span className="text-muted">A confined process there runs the model.</span>}
          </p>
          {twin?.certified ? <Button kind="quiet" onClick={onBrowser}>Predict in this browser</Button> : null}
        </section>
      );
  }
}
