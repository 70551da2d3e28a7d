/** ONNX in this browser: its runtime and a version's graph, fetched when somebody asks for them. */

import binary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";

import { get, size, url } from "../../../lib/api";
import type { OnnxTwin } from "../../../wire/types";
import { type Binding, type Feed, feedsOf, type Output, type Table, tableOf } from "./feeds";
import type { Field, Row } from "./fields";

/** Bytes that came, of about so many. */
export type Progress = (done: number, total: number) => void;

export interface Predictor {
  predict: (fields: readonly Field[], rows: readonly Row[]) => Promise<Table>;
  release: () => Promise<void>;
}

interface Certificate {
  binding: Binding;
  twin?: Record<string, string>;
}

/** How much has to come before the first prediction: the program, and the graph. */
export async function downloadSize(twin: OnnxTwin): Promise<number> {
  return (await size(binary)) + twin.bytes;
}

/** Make ready to predict. Throws where the runtime or the graph cannot be had or does not run here. */
export async function loadPredictor(name: string, version: string, twin: OnnxTwin, progress: Progress): Promise<Predictor> {
  const file = (path: string) => url("artifacts.get_version_artifact", { name, version, path });
  const certificate = await certificateOf(file, twin.path);
  const total = __RUNTIME_BYTES__ + twin.bytes;
  let before = 0;
  const fetched = async (address: string) => {
    const bytes = await read(await get(address), (done) => progress(before + done, total));
    before += bytes.length;
    return bytes;
  };
  const ort = await import("onnxruntime-web/wasm");
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.proxy = false;
  ort.env.wasm.wasmBinary ??= (await fetched(binary)).buffer;
  const graph = await fetched(file(twin.path));
  const folder = twin.path.slice(0, twin.path.lastIndexOf("/") + 1);
  const beside = Object.keys(certificate?.twin ?? {}).filter((path) => path !== twin.path && path.startsWith(folder));
  const externalData = await Promise.all(beside.map(async (path) => ({ path: path.slice(folder.length), data: await fetched(file(path)) })));
  const session = await ort.InferenceSession.create(graph, { executionProviders: ["wasm"], ...(externalData.length ? { externalData } : {}) });
  const binding = certificate?.binding ?? ownBinding(session.inputMetadata, session.outputNames);
  const run = async (fields: readonly Field[], rows: readonly Row[]) => {
    const feeds = Object.entries(feedsOf(binding, fields, rows)).map(([input, each]) => [input, tensor(each)] as const);
    const found = await session.run(Object.fromEntries(feeds));
    return tableOf(binding, found as unknown as Record<string, Output>, rows.length);
  };
  const tensor = (each: Feed) => new ort.Tensor(each.type as "float32", each.data as Float32Array, each.dims);
  let last: Promise<unknown> = Promise.resolve(); // a session predicts once at a time
  const predict: Predictor["predict"] = (fields, rows) => {
    const next = last.then(() => run(fields, rows));
    last = next.catch(() => undefined);
    return next;
  };
  return { predict, release: () => session.release() };
}

async function certificateOf(file: (path: string) => string, twin: string): Promise<Certificate | null> {
  if (twin !== "onnx/model.onnx") return null; // the model itself is a graph
  return (await (await get(file("onnx/parity.json"))).json()) as Certificate;
}

const TYPES: Record<string, string> = { string: "str" };

interface Metadata {
  name: string;
  isTensor: boolean;
  type?: string;
  shape?: readonly (number | string)[];
}

/** A graph that is the model itself takes its inputs by their names. */
function ownBinding(inputs: readonly Metadata[], outputs: readonly string[]): Binding {
  return {
    inputs: inputs.map(({ name, type = "float32", shape = [] }) => ({ name, type: TYPES[type] ?? type, shape: shape.map((each) => (typeof each === "number" ? each : -1)) })),
    output: { name: outputs[0] ?? "" },
  };
}

/** All bytes of an answer, told as they come. */
async function read(answer: Response, told: (done: number) => void): Promise<Uint8Array<ArrayBuffer>> {
  const reader = answer.body?.getReader();
  if (!reader) return new Uint8Array(await answer.arrayBuffer());
  const parts: Uint8Array[] = [];
  let done = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    done += part.value.length;
    told(done);
  }
  const all = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
