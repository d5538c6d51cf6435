import { isLfsPointer } from "../../tree/lfs.ts";
import { isWithin } from "../../tree/paths.ts";
import { pathsBelow } from "../../tree/paths-below.ts";
import { isTreeProblem } from "../../tree/tree.ts";
import { BlobMemo } from "../files/blob-memo.ts";
import { reachOf } from "../files/kustomize-graph.ts";
import { seedsOf } from "../inputs.ts";
import type { DiscoveryProblem, Target } from "../targets.ts";
import type { Survey } from "./survey.ts";

const lfsPointers = new BlobMemo(isLfsPointer);

/** Inputs of a target that cannot be read: submodules, Git LFS pointers, files that are too large (threat T21). */
export async function targetProblems(
  target: Target,
  environment: string,
  survey: Survey,
): Promise<readonly DiscoveryProblem[]> {
  const problem = (code: DiscoveryProblem["code"], subject: string): DiscoveryProblem => ({
    code,
    environment,
    target: target.id,
    subject,
    place: { path: subject, line: null },
  });
  const seeds = seedsOf(target);
  const modules = submodulesOf(survey).filter((path) => seeds.some((seed) => isWithin(path, seed)));
  const files = filesOf(target, seeds, survey);
  const checked = await Promise.all(
    files.map(async (path) => {
      const pointer = await lfsPointers.of(survey.tree, path);
      if (!isTreeProblem(pointer)) return pointer ? [problem("lfs-pointer", path)] : [];
      return pointer.code === "too-large" ? [problem("file-too-large", path)] : [];
    }),
  );
  return [...modules.map((path) => problem("submodule", path)), ...checked.flat()];
}

const submodulesBySurvey = new WeakMap<Survey, readonly string[]>();

function submodulesOf(survey: Survey): readonly string[] {
  const known = submodulesBySurvey.get(survey);
  if (known !== undefined) return known;
  const found = [...survey.tree.entries()].flatMap(([path, { kind }]) =>
    kind === "submodule" ? [path] : [],
  );
  submodulesBySurvey.set(survey, found);
  return found;
}

function filesOf({ source }: Target, seeds: readonly string[], survey: Survey): readonly string[] {
  if (source.kind === "directory") return source.files;
  if (source.kind === "kustomize") return [...reachOf(survey.kustomize, [source.path]).files];
  const archives = pathsBelow(survey.tree, `${source.request.chart}/charts`).filter((path) =>
    /\.tgz$/.test(path),
  );
  return [...seeds.slice(1), ...archives];
}
