/** Pages that are likely to come next are fetched before they are asked for. The routes say how, the pages when. */

const loaders = new Map<string, () => Promise<unknown>>();

/** Say how a page is fetched. */
export function loads(page: string, load: () => Promise<unknown>): void {
  loaders.set(page, load);
}

/** Fetch a page that will probably be opened; what fails now is tried again when it is. */
export function preload(page: string): void {
  loaders.get(page)?.().catch(() => undefined);
}
