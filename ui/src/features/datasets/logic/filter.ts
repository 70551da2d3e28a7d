/** The runs that read a dataset, in the language of filters. */
export function readersFilter(name: string, digest: string): string {
  return `dataset.name = ${quoted(name)} AND dataset.digest = ${quoted(digest)}`;
}

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
