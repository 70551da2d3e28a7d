import { useEffect, useRef, useState } from "react";

import type { ModelCard } from "../../../wire/types";
import { predictOnServer } from "../api/predict-once";
import type { Table } from "../lib/feeds";
import type { Field, Row } from "../lib/fields";
import { loadPredictor, type Predictor } from "../lib/runtime";

export type Engine =
  /** In this browser, once what it needs was asked for. */
  | { state: "offered" }
  | { state: "loading"; done: number; total: number }
  | { state: "browser" }
  /** On the server; `why` says why not here. */
  | { state: "server"; why: string };

/** Where predictions are made: in this browser where the version has a certified graph, else on the server. */
export function useEngine(name: string, version: string, card: ModelCard) {
  const [engine, setEngine] = useState<Engine>(() => first(card));
  const predictor = useRef<Predictor | null>(null);
  useEffect(() => () => void predictor.current?.release(), []);

  const start = async () => {
    if (!card.onnx) return;
    setEngine({ state: "loading", done: 0, total: card.onnx.bytes });
    try {
      predictor.current = await loadPredictor(name, version, card.onnx, (done, total) => setEngine({ state: "loading", done, total }));
      setEngine({ state: "browser" });
    } catch (error) {
      setEngine({ state: "server", why: `The model could not be made ready in this browser: ${messageOf(error)}` });
    }
  };
  const predict = (fields: readonly Field[], rows: readonly Row[]): Promise<Table> =>
    engine.state === "browser" && predictor.current ? predictor.current.predict(fields, rows) : predictOnServer(name, version, rows);
  const toServer = () => setEngine({ state: "server", why: "You chose the server." });
  const toBrowser = () => setEngine(predictor.current ? { state: "browser" } : { state: "offered" });
  return { engine, start, predict, toServer, toBrowser };
}

function first(card: ModelCard): Engine {
  if (!card.onnx) return { state: "server", why: "This version has no ONNX twin that a browser could run." };
  if (!card.onnx.certified) return { state: "server", why: "The ONNX twin of this version is not certified to predict what the model predicts." };
  return { state: "offered" };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
