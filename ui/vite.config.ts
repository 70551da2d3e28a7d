import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Where `npm run dev` finds a server: `MODELYARD_SERVER=http://127.0.0.1:5000 npm run dev`. */
const server = process.env.MODELYARD_SERVER ?? "http://127.0.0.1:5000";

/** Beside every text lies the same in fewer bytes, for the server to send as it is. */
function packed(): Plugin {
  let folder = "";
  return {
    name: "packed",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir, "assets");
    },
    closeBundle() {
      for (const name of readdirSync(folder).filter((each) => /\.(js|mjs|css|svg|wasm)$/.test(each))) {
        const content = readFileSync(join(folder, name));
        const quality = name.endsWith(".wasm") ? 9 : 11;
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  base: "./",
  plugins: [react(), tailwindcss(), packed()],
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
