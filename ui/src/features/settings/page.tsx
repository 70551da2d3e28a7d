import { Page, Section } from "../../components/Page";
import { About } from "./components/About";
import { Keys } from "./components/Keys";
import { Kept } from "./components/Kept";
import { ThemeChoice } from "./components/ThemeChoice";

export default function SettingsPage() {
  return (
    <Page title="Settings">
      <div className="flex max-w-3xl flex-col gap-8">
        <Section title="Theme"><ThemeChoice /></Section>
        <Section title="Kept in this browser"><Kept /></Section>
        <Section title="Keys of the keyboard"><Keys /></Section>
        <Section title="About"><About /></Section>
      </div>
    </Page>
  );
}
