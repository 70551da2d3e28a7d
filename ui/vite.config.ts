import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a server: `MODELYARD_SERVER=http://127.0.0.1:5000 npm run dev`. */
const server = process.env.MODELYARD_SERVER ?? "http://127.0.0.1:5000";

export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss()],
  build: {
    outDir: "../src/modelyard/server/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": server, "/ajax-api": server, "/health": server } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
