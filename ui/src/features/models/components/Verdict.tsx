import { Badge } from "../../../components/Badge";
import type { ModelVersion } from "../../../wire/types";

const VERDICTS: Record<string, ["good" | "bad" | "warn", string]> = {
  passed: ["good", "✓"],
  failed: ["bad", "✕"],
};

/** What the verification of a model came to. */
export function Verdict({ verdict, detail }: { verdict: string; detail?: string | undefined }) {
  if (!verdict) return <span className="whitespace-nowrap text-muted" title="It was not verified when it was logged">not verified</span>;
  const [tone, sign] = VERDICTS[verdict] ?? (["warn", "!"] as const);
  return <Badge tone={tone} title={detail || undefined}><span aria-hidden>{sign}</span>{verdict}</Badge>;
}

/** The verdict that logging left in the tags of a version. */
export function verdictOf(version: ModelVersion): string {
  return version.tags?.find((tag) => tag.key === "modelyard.verification")?.value ?? "";
}

const TRUSTS: Record<string, ["good" | "bad" | "warn" | "neutral", string]> = {
  data: ["good", "data only"],
  signed: ["good", "signed"],
  untrusted: ["bad", "untrusted"],
  changed: ["bad", "changed"],
  unknown: ["neutral", "unknown"],
};

/** Whether a loader of the server's machine would load it. */
export function Trust({ trust }: { trust: string }) {
  const [tone, word] = TRUSTS[trust] ?? (["neutral", trust] as const);
  return <Badge tone={tone}>{word}</Badge>;
}

/** Whether the files of a version are there. */
export function VersionStatus({ version }: { version: ModelVersion }) {
  const status = version.status ?? "READY";
  if (status === "READY") return <Badge tone="good">ready</Badge>;
  const failed = status.startsWith("FAILED");
  return <Badge tone={failed ? "bad" : "warn"} title={version.status_message ?? undefined}>{failed ? "failed" : "pending"}</Badge>;
}
