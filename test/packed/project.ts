/** Packs the packages as registries get them, and installs them in an empty project. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { codeBlocks, commandsIn } from "../code-blocks.ts";
import {
  type Manifest,
  type PublishedPackage,
  publishedPackages,
  readJson,
  readText,
  root,
} from "../published-packages.ts";
import { outside, run } from "./run.ts";

export interface Packed extends PublishedPackage {
  /** The path of its tarball. */
  readonly tarball: string;
  /** Bytes of all its files, unpacked. */
  readonly bytes: number;
  readonly paths: readonly string[];
}

/** An entry in the output of `npm pack --json`. */
interface NpmPacked {
  readonly name: string;
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

/** Packs all packages as npm would publish them: `prepack` builds each one, and leaves nothing of an older build. */
export async function pack(folder: string): Promise<Packed[]> {
  await mkdir(folder, { recursive: true });
  const packages = publishedPackages();
  for (const { folder: place } of packages) {
    await rm(join(root, place, "dist"), { recursive: true, force: true });
    await mkdir(join(root, place, "dist"));
    await writeFile(join(root, place, "dist/of-an-older-build.js"), "");
  }
  const folders = packages.map((each) => `./${each.folder}`);
  // Otherwise what the scripts print is mixed with the JSON.
  const options = ["--json", "--foreground-scripts=false", "--pack-destination", folder];
  const out = await run(["npm", "pack", ...options, ...folders], { cwd: root, env: outside, stdoutAlone: true });
  const packed = JSON.parse(out) as NpmPacked[];
  return packages.map((each) => {
    const { filename, unpackedSize, files } = packed.find(({ name }) => name === each.manifest.name) as NpmPacked;
    // npm before version 9 names the file of a scoped package after its scope.
    const tarball = join(folder, filename.replace("@", "").replace("/", "-"));
    return { ...each, tarball, bytes: unpackedSize, paths: files.map(({ path }) => path) };
  });
}

/** Creates a project in this folder, and installs the tarballs and the other packages that the READMEs install. */
export async function install(packed: readonly Packed[], folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), '{ "private": true, "type": "module" }\n');
  const needed = new Set(["@types/node", ...packed.flatMap((each) => installedBy(readText(each.folder, "README.md")))]);
  const others = [...needed].filter((name) => packed.every(({ manifest }) => manifest.name !== name));
  const sources = [
    ...packed.map(({ tarball }) => tarball),
    ...others.map((name) => `${name}@${workspaceVersion(name)}`),
  ];
  await run(["npm", "install", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", ...sources], {
    cwd: folder,
    env: outside,
  });
}

/** The packages that a README's `npm install` commands name. */
export const installedBy = (readme: string): string[] =>
  commandsIn(codeBlocks(readme)).flatMap((command) =>
    command.startsWith("npm install ") ? command.split(" ").slice(2) : [],
  );

/** The version that this workspace uses of another package. */
function workspaceVersion(name: string): string {
  const manifests = [readJson<Manifest>("package.json"), ...publishedPackages().map(({ manifest }) => manifest)];
  const versions = manifests.map(
    ({ dependencies, devDependencies }) => dependencies?.[name] ?? devDependencies?.[name],
  );
  const version = versions.find((found) => found !== undefined);
  if (version === undefined) throw new Error(`A README installs ${name}, which no package of the workspace uses.`);
  return version;
}
