import { queryOptions } from "@tanstack/react-query";

import { call } from "../../../lib/api";

export const aboutQuery = queryOptions({ queryKey: ["about"], queryFn: ({ signal }) => call("views.about_server", {}, signal), staleTime: 60_000 });
