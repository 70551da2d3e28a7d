import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
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
      folder = resolve(config.root, config.build.outDir, "assets");
    },
    closeBundle() {
      for (const name of readdirSync(folder).filter((each) => /\.(js|mjs|css|svg|wasm)$/.test(each))) {
        const content = readFileSync(join(folder, name));
        writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
        if (name.endsWith(".wasm")) {
          rmSync(join(folder, name)); // the largest file by far is kept in one form, which the server can unpack
          continue;
        }
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, { params }));
      }
    },
  };
}
/** The server takes requests of its own pages only, so it is told that these are. */
const proxied = { target: server, changeOrigin: true, headers: { origin: server } };

/** What predicting in the browser fetches, for its progress. */
const runtime = statSync(new URL("node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm", import.meta.url)).size;

export default defineConfig({
  define: { __RUNTIME_BYTES__: runtime },
  base: "./",
  // Its form for browsers assigns markup to an element, which our policy forbids; the other looks names up in a table.
  resolve: { alias: { "decode-named-character-reference": fileURLToPath(new URL("node_modules/decode-named-character-reference/index.js", import.meta.url)) } },
  plugins: [react(), tailwindcss(), packed()],
  build: {
    outDir: "../src/modelyard/server/static",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 400,
    modulePreload: { polyfill: false },
    // What several pages share is one file: of a dozen small ones each is waited for.
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "shared", minShareCount: 3 }] } } },
  },
  server: { proxy: { "/api": proxied, "/ajax-api": proxied, "/health": proxied } },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
