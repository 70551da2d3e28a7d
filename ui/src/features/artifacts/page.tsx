import { Page } from "../../components/Page";

export default function ThisPage() {
  return <Page title="…">…</Page>;
}
