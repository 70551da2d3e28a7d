import "./app/theme.css";

import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Router } from "wouter";

import { Shell } from "./app/Shell";
import { Toasts } from "./components/Toasts";
import { queryClient } from "./lib/query";
import { applyTheme } from "./lib/theme";
import { prefix } from "./paths";

applyTheme();
const root = document.getElementById("root");
if (root === null) throw new Error("The page has no #root.");
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Router base={prefix}>
        <Toasts>
          <Shell />
        </Toasts>
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
