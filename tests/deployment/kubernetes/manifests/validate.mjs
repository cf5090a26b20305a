// Reads objects as JSON, and prints one line for each violation of their schemas.
// node validate.mjs FOLDER (the folder where npm installed @kubernetes-models/...)
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const packages = {
  "external-secrets.io": "external-secrets",
  "gateway.networking.k8s.io": "gateway-api",
  "keda.sh": "keda",
  "monitoring.coreos.com": "prometheus-operator",
  "postgresql.cnpg.io": "cloudnative-pg",
};
const folder = process.argv[2];

async function model(apiVersion, kind) {
  const [group] = apiVersion.split("/");
  const path = `${folder}/node_modules/@kubernetes-models/${packages[group]}/${apiVersion}/${kind}.js`;
  return existsSync(path) && (await import(pathToFileURL(path).href))[kind];
}

// The validators of the packages ignore unknown fields, which Kubernetes rejects or silently drops. So a Proxy
// records which fields of each object the validator reads. An object of which it reads none may have any field.
function recorded(value, path, notes) {
  if (value === null || typeof value !== "object") return value;
  const requested = new Set();
  const below = new Map();
  if (!Array.isArray(value)) notes.push({ value, path, requested });
  return new Proxy(value, {
    get(target, key) {
      requested.add(key); // Missing fields too: a misspelled field in their place is then reported.
      if (!Object.hasOwn(target, key)) return target[key];
      if (!below.has(key)) below.set(key, recorded(target[key], `${path}${path && "."}${key}`, notes));
      return below.get(key);
    },
    ownKeys(target) {
      // The validator lists the keys of maps, which allow any key.
      Object.keys(target).forEach((key) => requested.add(key));
      return Reflect.ownKeys(target);
    },
  });
}

function* problems(Kind, found) {
  const notes = [];
  try {
    recorded(new Kind(found), "", notes).validate();
  } catch (error) {
    yield error.message;
  }
  for (const { value, path, requested } of notes)
    for (const key of Object.keys(value))
      if (requested.size && !requested.has(key)) yield `${path}${path && "."}${key} is no field that its schema knows`;
}

// No package has the kind of the Barman Cloud plugin. According to its documentation, its configuration has the
// format of the backup section of a Cluster, which has a schema.
async function ofObjectStore({ spec }) {
  const Backups = await model("postgresql.cnpg.io/v1", "BackupConfiguration");
  const { configuration, retentionPolicy, instanceSidecarConfiguration, ...unknown } = spec;
  const said = [...problems(Backups, { barmanObjectStore: configuration ?? {}, retentionPolicy })];
  return [
    ...said.map((problem) => problem.replace(/\bbarmanObjectStore\b/, "spec.configuration")),
    ...Object.keys(unknown).map((key) => `spec.${key} is no field that we know`),
  ];
}

for (const found of JSON.parse(readFileSync(0, "utf8"))) {
  const ofPlugin = found.apiVersion === "barmancloud.cnpg.io/v1" && found.kind === "ObjectStore";
  const Kind = ofPlugin || (await model(found.apiVersion, found.kind));
  let said = [`${found.apiVersion} has no such kind`];
  if (ofPlugin) said = await ofObjectStore(found);
  else if (Kind) said = problems(Kind, found);
  for (const problem of said) console.log(`${found.kind} ${found.metadata.name}: ${problem}`);
}
