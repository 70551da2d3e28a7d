import { later } from "../lib/later";
import { SkeletonLines } from "./States";

const rendered = later<{ text: string }>(() => import("./MarkdownRendered"), () => <SkeletonLines lines={3} label="the note" />);

/** Markdown as elements: HTML inside it stays text, links lead only to the web and to addresses of ours. */
export function Markdown({ text }: { text: string }) {
  return <rendered.Shown text={text} />;
}
