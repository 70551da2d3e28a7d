import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

const features = ["experiments", "runs", "run", "compare", "artifacts", "models", "predict", "datasets", "settings"];

/** A feature knows the kit and itself; what two of them share belongs to components/ or lib/. */
const apart = features.map((name) => ({
  files: [`src/features/${name}/**`],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: features
          .filter((other) => other !== name)
          .map((other) => ({ regex: `(^|/)features/${other}(/|$)|^(\\.\\./)+${other}(/|$)`, message: "Features never import each other." })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ["node_modules", "src/wire/types.ts"] },
  ...tseslint.configs.strict,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "react-hooks/incompatible-library": "off", // TanStack Virtual is used as it asks to be; there is no compiler here
      "max-lines": ["error", { max: 200, skipBlankLines: false, skipComments: false }],
      "@typescript-eslint/no-explicit-any": "error",
      "no-restricted-syntax": [
        "error",
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: "Nothing is written as HTML." },
        { selector: "AssignmentExpression[left.property.name='innerHTML']", message: "Nothing is written as HTML." },
        { selector: "CallExpression[callee.name='fetch']", message: "Requests go through lib/api.ts." },
      ],
    },
  },
  { files: ["src/components/**", "src/lib/**"], rules: { "no-restricted-imports": ["error", { patterns: ["**/features/*", "**/app/*"] }] } },
  { files: ["src/lib/api.ts"], rules: { "no-restricted-syntax": "off" } },
  ...apart,
);
