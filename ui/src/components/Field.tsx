import type { ComponentProps, ReactNode } from "react";

const BOX = "rounded-md border border-strong bg-raised px-2 text-fg placeholder:text-muted";

/** A one-line text; give it an `aria-label` where no `Label` is around it. */
export function Input({ className = "", ...rest }: ComponentProps<"input">) {
  return <input className={`h-8 ${BOX} ${className}`} {...rest} />;
}

export function TextArea({ className = "", ...rest }: ComponentProps<"textarea">) {
  return <textarea className={`py-1.5 ${BOX} ${className}`} {...rest} />;
}

/** The browser's own list of choices. */
export function Select({ className = "", ...rest }: ComponentProps<"select">) {
  return <select className={`h-8 ${BOX} ${className}`} {...rest} />;
}

export function Checkbox({ className = "", ...rest }: Omit<ComponentProps<"input">, "type">) {
  return <input type="checkbox" className={`size-4 accent-accent ${className}`} {...rest} />;
}

/** A name above a field, and below it what is wrong with what was written. */
export function Label({ title, error, children }: { title: string; error?: string | null | undefined; children: ReactNode }) {
  return (
    <label className="flex flex-col gap-1">
      <span className="font-medium">{title}</span>
      {children}
      {error ? <span role="alert" className="text-bad">{error}</span> : null}
    </label>
  );
}
