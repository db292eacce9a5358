import { globSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

/** The folder of the whole repository. */
export const root: string = resolve(import.meta.dirname, '../../..')

export interface WorkspacePackage {
  readonly name: string
  readonly folder: string
  readonly isPublished: boolean
  readonly scripts: Readonly<Record<string, string>>
}

/** Every package and app of the workspace. */
export function workspacePackages(): WorkspacePackage[] {
  return globSync('{packages,apps}/*/package.json', { cwd: root })
    .sort()
    .map((file) => {
      const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'))
      return {
        name: manifest.name,
        folder: join(root, dirname(file)),
        isPublished: manifest.private !== true,
        scripts: manifest.scripts ?? {},
      }
    })
}
