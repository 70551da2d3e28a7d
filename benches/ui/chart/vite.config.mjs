/** Builds the chart of `ui/` alone, with the packages of `ui/`: `vite build --config` this, run in `ui/`. */

import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const ui = createRequire(fileURLToPath(new URL("../../../ui/package.json", import.meta.url)));
const { default: react } = await import(ui.resolve("@vitejs/plugin-react"));
const packages = fileURLToPath(new URL("../../../ui/node_modules/", import.meta.url));
const alias = Object.fromEntries(["react-dom", "react"].map((name) => [name, packages + name]));

export default {
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [react()],
  resolve: { alias, dedupe: ["react", "react-dom"] },
  build: { target: "es2023", emptyOutDir: true },
};
