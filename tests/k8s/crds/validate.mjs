// Reads objects as JSON, and writes a line for each thing that the schema of its kind does not allow.
// node validate.mjs FOLDER (where npm has installed @kubernetes-models/...)
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const packages = {
  "monitoring.coreos.com": "prometheus-operator",
  "gateway.networking.k8s.io": "gateway-api",
  "external-secrets.io": "external-secrets",
};
const folder = process.argv[2];

for (const found of JSON.parse(readFileSync(0, "utf8"))) {
  const [group, version] = found.apiVersion.split("/");
  const path = `${folder}/node_modules/@kubernetes-models/${packages[group]}/${group}/${version}/index.js`;
  const kinds = await import(pathToFileURL(path).href);
  const name = `${found.kind} ${found.metadata.name}`;
  if (!kinds[found.kind]) {
    console.log(`${name}: ${found.apiVersion} has no such kind`);
    continue;
  }
  try {
    new kinds[found.kind](found).validate();
  } catch (error) {
    console.log(`${name}: ${error.message}`);
  }
}
