/** The one way to the server: typed by the endpoint table, with the server's own words where it refuses. */

import { prefix } from "../paths";
import { rows, type Wire } from "../wire/types";

export type Row = keyof Wire;

/** What the server answered instead of a reply; `status` is 0 where it could not be reached. */
export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
    readonly code: string,
  ) {
    super(message);
    this.name = "ApiError";
  }
}

type Value = string | number | boolean | null | undefined;
type Query = Record<string, Value | readonly Value[]>;

/** The address of a row with its arguments: those the path names in the path, the others behind it. */
export function url(row: Row, args: object = {}): string {
  const all = args as Query;
  const named = new Set<string>();
  const path = rows[row].path.replace(/\{(\w+)(\*?)\}/g, (_, name: string, whole: string) => {
    const value = String(all[name] ?? "");
    named.add(name);
    return whole ? value.split("/").map(encodeURIComponent).join("/") : encodeURIComponent(value);
  });
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    if (named.has(name)) continue;
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null) query.append(name, String(each));
    }
  }
  const text = query.toString();
  return prefix + path + (text ? `?${text}` : "");
}

/** Ask a row of the endpoint table. Throws an `ApiError` with the server's message. */
export async function call<R extends Row>(row: R, request: Wire[R]["request"], signal?: AbortSignal): Promise<Wire[R]["reply"]> {
  const { method } = rows[row];
  if (method === "GET") return read<Wire[R]["reply"]>(await get(url(row, request), signal));
  const body = JSON.stringify(request);
  return read<Wire[R]["reply"]>(
    await send(prefix + rows[row].path, { method, body, headers: { "content-type": "application/json" }, signal: signal ?? null }),
  );
}

/** The answer to a plain GET of one of our addresses, for files. */
export function get(address: string, signal?: AbortSignal): Promise<Response> {
  return send(address, { signal: signal ?? null });
}

/** How many bytes an address would send; 0 where it does not say. */
export async function size(address: string): Promise<number> {
  return Number((await send(address, { method: "HEAD" })).headers.get("content-length") ?? 0);
}

async function send(address: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(address, { credentials: "same-origin", ...init });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError("The server cannot be reached. Is it running?", 0, "UNREACHABLE");
  }
  if (!answer.ok) throw await refusal(answer);
  return answer;
}

async function refusal(answer: Response): Promise<ApiError> {
  const text = await answer.text();
  try {
    const told = JSON.parse(text) as { message?: string; error_code?: string };
    return new ApiError(told.message || answer.statusText, answer.status, told.error_code ?? "");
  } catch {
    return new ApiError(text.slice(0, 300) || `The server answered ${answer.status}.`, answer.status, "");
  }
}

async function read<T>(answer: Response): Promise<T> {
  return (await answer.json()) as T;
}
