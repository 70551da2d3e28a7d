import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import { short, visible } from "../../components/files/text";
import { Page } from "../../components/Page";
import { Empty, Failure, SkeletonLines } from "../../components/States";
import { paths } from "../../paths";
import type { ModelCard } from "../../wire/types";
import { cardQuery } from "../../lib/model";
import { useSegments } from "../../lib/segments";
import { PredictForm } from "./components/PredictForm";
import { fieldsOf } from "./lib/fields";

export default function PredictPage() {
  const [, name = "", version = ""] = useSegments();
  const card = useQuery(cardQuery(name, version));
  const crumbs = [
    { title: "Models", href: paths.models() },
    { title: short(name), href: paths.model(name) },
    { title: `Version ${version}`, href: paths.version(name, version) },
  ];
  return (
    <Page title={`Predict with ${visible(name)}`} heading={<span className="line-clamp-2">Predict with {visible(name)} <span className="whitespace-nowrap">version {version}</span></span>} crumbs={crumbs}>
      {card.isPending ? <SkeletonLines label="the model" lines={10} /> : null}
      {card.isError ? <Failure what="The model could not be looked into." error={card.error} onRetry={() => void card.refetch()} /> : null}
      {card.data ? <Known key={`${name} ${version}`} name={name} version={version} card={card.data} /> : null}
    </Page>
  );
}

function Known({ name, version, card }: { name: string; version: string; card: ModelCard }) {
  const fields = useMemo(() => fieldsOf(card), [card]);
  if (fields.length === 0) {
    const code = `import modelyard as mlflow\n\nmodel = mlflow.pyfunc.load_model(${JSON.stringify(`models:/${name}/${version}`)})\nmodel.predict(data)`;
    return <Empty snippet={code}>This version has no signature, so there is no form for its input. Log it with input_example=… to get one, or predict in Python:</Empty>;
  }
  return <PredictForm name={name} version={version} card={card} fields={fields} />;
}
