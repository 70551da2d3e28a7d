import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const modelQuery = (name: string) =>
  queryOptions({
    queryKey: ["models", name, "model"],
    queryFn: async ({ signal }) => (await call("registry.get_registered_model", { name }, signal)).registered_model,
  });
