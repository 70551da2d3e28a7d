import type { ReactNode } from "react";

type Tone = "neutral" | "good" | "bad" | "warn" | "accent";

const TONES: Record<Tone, string> = {
  neutral: "text-muted border-line",
  good: "text-good border-good",
  bad: "text-bad border-bad",
  warn: "text-warn border-warn",
  accent: "text-accent border-accent",
};

export function Badge({ tone = "neutral", title, children }: { tone?: Tone; title?: string | undefined; children: ReactNode }) {
  return (
    <span title={title} className={`inline-flex items-center gap-1 rounded-full border px-2 text-[0.85em] whitespace-nowrap ${TONES[tone]}`}>
      {children}
    </span>
  );
}

const STATUSES: Record<string, [sign: string, word: string, tone: Tone]> = {
  RUNNING: ["◐", "running", "accent"],
  SCHEDULED: ["○", "scheduled", "neutral"],
  FINISHED: ["✓", "finished", "good"],
  FAILED: ["✕", "failed", "bad"],
  KILLED: ["■", "killed", "warn"],
};

/** The status of a run, by a sign and a word as well as by colour. `compact` leaves the word to the title. */
export function Status({ status, compact = false }: { status: string; compact?: boolean }) {
  const [sign, word, tone] = STATUSES[status] ?? ["?", status.toLowerCase(), "neutral" as const];
  if (compact) {
    return <span role="img" aria-label={word} title={word} className={TONES[tone].split(" ")[0] ?? ""}>{sign}</span>;
  }
  return <Badge tone={tone}><span aria-hidden>{sign}</span>{word}</Badge>;
}
