import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const versionQuery = (name: string, version: string) =>
  queryOptions({
    queryKey: ["models", name, "version", version],
    queryFn: async ({ signal }) => (await call("registry.get_model_version", { name, version }, signal)).model_version,
  });
