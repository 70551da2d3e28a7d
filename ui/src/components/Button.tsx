import type { ButtonHTMLAttributes, ReactNode } from "react";

type Kind = "primary" | "plain" | "quiet" | "danger";

const LOOKS: Record<Kind, string> = {
  primary: "bg-accent text-accent-fg border-transparent hover:brightness-110",
  plain: "bg-raised text-fg border-line hover:border-strong",
  quiet: "bg-transparent text-fg border-transparent hover:bg-sunken",
  danger: "bg-raised text-bad border-line hover:border-bad",
};

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  children: ReactNode;
}

/** A button; of type "button" unless it says otherwise. */
export function Button({ kind = "plain", className = "", type = "button", ...rest }: Props) {
  return (
    <button
      type={type}
      className={`inline-flex h-8 items-center gap-1.5 rounded-md border px-3 whitespace-nowrap ${LOOKS[kind]} ${className}`}
      {...rest}
    />
  );
}

/** A button that shows only a sign; `label` is its name for everybody who does not see it. */
export function IconButton({ label, className = "", ...rest }: Omit<Props, "kind"> & { label: string }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={`inline-flex size-7 items-center justify-center rounded-md text-muted hover:bg-sunken hover:text-fg ${className}`}
      {...rest}
    />
  );
}
