import { type KeyboardEvent, useDeferredValue, useEffect, useId, useRef, useState } from "react";

import { Button, IconButton } from "../../../components/Button";
import { useKeys } from "../../../lib/keys";
import { contextAt, type Option } from "../logic/complete";
import { mistakeIn } from "../logic/tokens";
import { useOptions } from "../use-options";
import { FilterError, FilterHints, FilterMark, FilterOptions } from "./FilterParts";

interface Props {
  experiments: readonly string[];
  filter: string;
  /** Why the server refuses the filter of the address, if it does. */
  refused: string | null;
  /** Try a filter; answers the server's message where it is refused. */
  onApply: (filter: string) => Promise<string | null>;
}

/** The filter, with what can follow at the caret, and with the place of a mistake. */
export function FilterBox({ experiments, filter, refused, onApply }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [draft, setDraft] = useState<string | null>(null);
  const [caret, setCaret] = useState(0);
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [error, setError] = useState<{ message: string; text: string } | null>(null);
  const [scrolled, setScrolled] = useState(0);
  const text = draft ?? filter;
  const later = useDeferredValue({ text, caret });
  const options = useOptions(experiments, contextAt(later.text, later.caret), open && text !== "");
  const shownError = error ?? (refused !== null && draft === null ? { message: refused, text: filter } : null);
  const mistake = shownError ? mistakeIn(shownError.message, shownError.text) : null;
  const isListed = open && text !== "" && options.length > 0;
  useKeys([{ keys: "/", what: "go to the filter", run: () => input.current?.focus() }]);

  const place = useRef<number | null>(null);
  useEffect(() => {
    if (place.current === null) return;
    input.current?.setSelectionRange(place.current, place.current);
    place.current = null;
  });
  const apply = async (wanted: string) => {
    setOpen(false);
    const message = await onApply(wanted.trim());
    setError(message === null ? null : { message, text: wanted.trim() });
    setDraft(message === null ? null : wanted);
  };
  const take = (option: Option) => {
    const { from, to } = contextAt(text, caret);
    const rest = text.slice(to).replace(/^\s+/, option.insert.endsWith(" ") ? "" : "$&");
    place.current = from + option.insert.length;
    setDraft(text.slice(0, from) + option.insert + rest);
    setCaret(place.current);
    setChosen(-1);
    input.current?.focus();
  };
  const pressed = (event: KeyboardEvent) => {
    const picked = options[chosen] ?? (event.key === "Tab" ? options[0] : undefined);
    if (isListed && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setChosen((now) => (now + step + options.length) % options.length);
    } else if (isListed && picked && (event.key === "Enter" || event.key === "Tab")) {
      event.preventDefault();
      take(picked);
    } else if (event.key === "Enter") {
      void apply(text);
    } else if (event.key === "Escape") {
      if (open) setOpen(false);
      else input.current?.blur();
    }
  };
  return (
    <div className="relative min-w-72 flex-1">
      <div className="flex gap-1">
        <div className="relative flex-1">
          <input
            ref={input}
            role="combobox"
            aria-label="Filter of runs"
            aria-expanded={isListed}
            aria-controls={id}
            aria-activedescendant={chosen >= 0 ? `${id}-${chosen}` : undefined}
            aria-invalid={shownError !== null}
            aria-errormessage={shownError ? `${id}-error` : undefined}
            autoComplete="off"
            spellCheck={false}
            placeholder="Filter: metrics.rmse < 0.8 AND params.model = 'adam'   ( / )"
            value={text}
            onChange={(event) => {
              setDraft(event.target.value);
              setCaret(event.target.selectionStart ?? event.target.value.length);
              setChosen(-1);
              setOpen(true);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart ?? 0)}
            onScroll={(event) => setScrolled(event.currentTarget.scrollLeft)}
            onFocus={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={pressed}
            className={`h-8 w-full rounded-md border bg-raised px-2 font-mono text-[0.93em] text-fg placeholder:text-muted ${shownError ? "border-bad" : "border-strong"}`}
          />
          {mistake && shownError?.text === text.trim() ? <FilterMark text={text} mistake={mistake} scrolled={scrolled} /> : null}
        </div>
        {draft !== null && draft.trim() !== filter ? <Button kind="primary" onMouseDown={(event) => event.preventDefault()} onClick={() => void apply(text)}>Apply ↵</Button> : null}
        {text !== "" ? <IconButton label="Clear the filter" className="size-8" onClick={() => void apply("")}>✕</IconButton> : null}
      </div>
      <FilterOptions id={id} options={isListed ? options : []} chosen={chosen} onTake={take} />
      {open && text === "" ? <FilterHints experiments={experiments} /> : null}
      {shownError ? <FilterError id={`${id}-error`} message={shownError.message} /> : null}
    </div>
  );
}
