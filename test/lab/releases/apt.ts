import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { debianKeyring, debianMirror } from '../debian.ts'
import { architecture } from './versions.ts'

/** Options that give apt sources, lists and a cache of its own, so that the machine's set-up stays as it is. */
export async function ownApt(suite: string, folder: string): Promise<string[]> {
  for (const name of ['lists/partial', 'cache/archives/partial']) await mkdir(join(folder, name), { recursive: true })
  const source = join(folder, 'sources.list')
  await writeFile(source, `deb [signed-by=${debianKeyring}] ${await debianMirror()} ${suite} main\n`)
  const settings = {
    'Dir::Etc::sourcelist': source,
    'Dir::Etc::sourceparts': '/dev/null',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::State::status': '/dev/null',
    'Dir::Cache': join(folder, 'cache'),
    'APT::Architecture': architecture,
    'APT::Architectures': architecture,
    'APT::Default-Release': '',
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
  }
  return Object.entries(settings).flatMap(([name, value]) => ['-o', `${name}=${value}`])
}
