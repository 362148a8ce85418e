import { exitCode, type ExitCode } from '../errors.ts'
import { memberRows, type MemberRow } from '../status/member-rows.ts'
import { seeHosts } from '../steps/see-hosts.ts'
import type { CommonOptions } from './options.ts'
import { inSession } from './session.ts'

/** etcd's view beside the inventory's. Exit 4 where they differ. */
export function memberList(options: CommonOptions): Promise<ExitCode> {
  return inSession(
    'member list',
    options,
    async (session) => {
      const rows = memberRows(session.cluster, await seeHosts(session))
      if (options.json === true) session.answer(`${JSON.stringify({ v: 1, type: 'members', members: rows })}\n`)
      else session.answer(`${await tableOf(rows)}\n`)
      return rows.some(({ difference }) => difference !== '') ? exitCode.differs : exitCode.done
    },
    { stdout: 'answer' },
  )
}

async function tableOf(rows: readonly MemberRow[]): Promise<string> {
  const [{ table }, { loadColors, wantsColors }] = await Promise.all([
    import('../ui/table.ts'),
    import('../ui/colors.ts'),
  ])
  const colors = await loadColors(wantsColors(process.stdout.isTTY, process.env))
  const titles = ['MEMBER', 'ID', 'ROLE', 'HEALTHY', 'PEER URL', 'CLIENT URLS', 'DIFFERENCE']
  const cells = rows.map((row) => [
    row.name,
    row.id,
    row.role,
    row.healthy ? 'yes' : { text: 'no', style: colors.red },
    row.peerUrls.join(' '),
    row.clientUrls.join(' '),
    { text: row.difference, style: colors.yellow },
  ])
  const width = process.stdout.isTTY ? { maxWidth: process.stdout.columns } : {}
  return table(
    titles.map((title) => ({ title })),
    cells,
    { colors, ...width },
  )
}
