import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

interface Toast {
  id: number;
  text: string;
  bad: boolean;
}

const Context = createContext<(text: string, options?: { bad?: boolean }) => void>(() => undefined);

/** Says that something was done, or was refused, at the edge of the page for some seconds. */
export function useToast() {
  return useContext(Context);
}

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const drop = useCallback((id: number) => setToasts((all) => all.filter((each) => each.id !== id)), []);
  const show = useCallback(
    (text: string, { bad = false }: { bad?: boolean } = {}) => {
      const id = performance.now();
      setToasts((all) => [...all.slice(-3), { id, text, bad }]);
      window.setTimeout(() => drop(id), bad ? 12_000 : 5000);
    },
    [drop],
  );
  const shown = useMemo(
    () => (
      <div aria-live="polite" className="fixed right-4 bottom-4 z-50 flex w-80 flex-col gap-2">
        {toasts.map((toast) => (
          <button
            key={toast.id}
            type="button"
            onClick={() => drop(toast.id)}
            className={`rounded-md border bg-raised p-3 text-left shadow-lg ${toast.bad ? "border-bad text-bad" : "border-line"}`}
          >
            {toast.text}
          </button>
        ))}
      </div>
    ),
    [toasts, drop],
  );
  return <Context value={show}>{children}{shown}</Context>;
}
