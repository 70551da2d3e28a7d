/** Contents of files for elements that take an address. */

import { queryOptions, useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { get } from "../../lib/api";
import { type FileStore, fileUrl } from "./store";

/** All bytes of a file. */
export function bytesQuery(store: FileStore, path: string) {
  return queryOptions({
    queryKey: [...store.key, path, "bytes"],
    queryFn: async ({ signal }) => (await get(fileUrl(store, path), signal)).blob(),
    staleTime: 60_000,
    gcTime: 30_000,
  });
}

/** All of a file as a text. */
export function textQuery(store: FileStore, path: string) {
  return queryOptions({
    queryKey: [...store.key, path, "whole"],
    queryFn: async ({ signal }) => (await get(fileUrl(store, path), signal)).text(),
    staleTime: 60_000,
    gcTime: 30_000,
  });
}

/** An address of the file's bytes as a type that we choose, while the component is there. */
export function useBlobUrl(store: FileStore, path: string, type: string) {
  const query = useQuery(bytesQuery(store, path));
  const [address, setAddress] = useState("");
  useEffect(() => {
    if (!query.data) return undefined;
    const made = URL.createObjectURL(new Blob([query.data], { type }));
    // eslint-disable-next-line react-hooks/set-state-in-effect -- an address must be given back, so it lives as long as the effect
    setAddress(made);
    return () => {
      setAddress("");
      URL.revokeObjectURL(made);
    };
  }, [query.data, type]);
  return { address, error: query.error, retry: () => void query.refetch() };
}
