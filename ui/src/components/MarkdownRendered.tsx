import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";

const ALLOWED = /^(https?:|mailto:|\/(?!\/)|#)/i;

export default function MarkdownRendered({ text }: { text: string }) {
  return (
    <div className="prose-yard flex flex-col gap-2 [&_a]:underline [&_code]:font-mono [&_h1]:text-lg [&_h1]:font-semibold [&_h2]:font-semibold [&_li]:ml-5 [&_li]:list-disc [&_pre]:overflow-x-auto [&_pre]:rounded-md [&_pre]:bg-sunken [&_pre]:p-3 [&_table]:border-collapse [&_td]:border [&_td]:border-line [&_td]:px-2 [&_th]:border [&_th]:border-line [&_th]:px-2">
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        skipHtml
        disallowedElements={["img"]}
        unwrapDisallowed
        urlTransform={(address) => (ALLOWED.test(address) ? address : "")}
        components={{ a: ({ href, children }) => <a href={href} rel="noreferrer noopener" target="_blank">{children}</a> }}
      >
        {text}
      </ReactMarkdown>
    </div>
  );
}
