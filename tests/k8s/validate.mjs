// Reads objects as JSON, and writes a line for each thing that the schema of its kind does not allow.
// node validate.mjs FOLDER (where npm has installed @kubernetes-models/...)
import { existsSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const packages = {
  "external-secrets.io": "external-secrets",
  "gateway.networking.k8s.io": "gateway-api",
  "monitoring.coreos.com": "prometheus-operator",
  "postgresql.cnpg.io": "cloudnative-pg",
};
const folder = process.argv[2];

async function model(apiVersion, kind) {
  const [group] = apiVersion.split("/");
  const path = `${folder}/node_modules/@kubernetes-models/${packages[group]}/${apiVersion}/${kind}.js`;
  return existsSync(path) && (await import(pathToFileURL(path).href))[kind];
}

// The packages' validators pass over fields that they do not know, where Kubernetes refuses them or, worse, drops
// them. So each object notes what it is asked for; one that was asked for nothing may hold anything.
function watched(value, path, notes) {
  if (value === null || typeof value !== "object") return value;
  const asked = new Set();
  const below = new Map();
  if (!Array.isArray(value)) notes.push({ value, path, asked });
  return new Proxy(value, {
    get(target, key) {
      asked.add(key); // Also what it does not have: then it is a typo that stands there in its place.
      if (!Object.hasOwn(target, key)) return target[key];
      if (!below.has(key)) below.set(key, watched(target[key], `${path}${path && "."}${key}`, notes));
      return below.get(key);
    },
    ownKeys(target) {
      // Of a map, where any key is right.
      Object.keys(target).forEach((key) => asked.add(key));
      return Reflect.ownKeys(target);
    },
  });
}

function* problems(Kind, found) {
  const notes = [];
  try {
    watched(new Kind(found), "", notes).validate();
  } catch (error) {
    yield error.message;
  }
  for (const { value, path, asked } of notes)
    for (const key of Object.keys(value))
      if (asked.size && !asked.has(key)) yield `${path}${path && "."}${key} is no field that its schema knows`;
}

// The Barman Cloud plugin's kind has no package. Its documentation says that its configuration is written as that of
// the backups within a Cluster; and these have a schema.
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
