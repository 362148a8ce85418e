import { Option, type Command } from 'commander'
import type { ExitCode } from '../errors.ts'
import { revocationReasons } from '../pki/revocation-reasons.ts'
import type { ExportOptions } from './certs-export.ts'
import type { ImportOptions } from './certs-import-ca.ts'
import type { IssueOptions } from './certs-issue.ts'
import type { ListOptions } from './certs-list.ts'
import type { RevokeOptions } from './certs-revoke.ts'
import { basic, withFile } from './command-options.ts'

/** `etcd-deploy certs …` */
export function addCerts(root: Command, end: (code: ExitCode) => void): void {
  const certs = root
    .command('certs')
    .description('certificates: list, issue, export, revoke, take in a CA')
    .exitOverride()

  basic(certs.command('list'), ['certs list', 'certs list prod.ts --json', 'certs list --local --max-days 30'])
    .description("list every certificate: in pki/, on the hosts' disks, as served")
    .argument('[inventory]', 'inventory file')
    .option('--json', 'one JSON object for programs')
    .option('--all', 'also those that were replaced')
    .option('--local', 'what pki/ holds; no host is asked')
    .option('-v, --verbose', 'every command on every host, with its time')
    .option('--accept-new-host-keys', 'accept the keys of hosts that known_hosts does not have')
    .option('--max-days <days>', 'exit 4 when a certificate in use ends within so many days')
    .action(async (file: string | undefined, options: ListOptions) =>
      end(await (await import('./certs-list.ts')).certsList(withFile(options, file))),
    )

  basic(certs.command('issue'), [
    'certs issue apiserver --out /etc/kubernetes/pki/etcd-client',
    'certs issue backup --cn backup --org ops --days 90',
  ])
    .description('issue a client certificate, or renew it: DIR gets ca.crt, NAME.crt and NAME.key')
    .argument('<name>', 'the client; what the inventory says of it in tls.clients holds')
    .option('--cn <name>', "common name: etcd's user, where its authentication is on (default: NAME)")
    .option('--org <name>', 'organization')
    .option('--san <names>', 'names and addresses, separated by commas', commas)
    .option('--days <days>', "days until it ends (default: the inventory's leafDays)")
    .option('--out <dir>', 'folder for the files (default: ./NAME)')
    .action(async (name: string, options: IssueOptions) =>
      end(await (await import('./certs-issue.ts')).certsIssue(name, options)),
    )

  basic(certs.command('export'), [
    'certs export apiserver --format secret | kubectl apply -n kube-system -f -',
    'certs export backup --format p12 --out backup.p12',
  ])
    .description('write a client certificate that was issued, in another form')
    .argument('<name>', 'the client')
    .addOption(
      new Option('--format <format>', 'PEM files, PKCS#12, or a Kubernetes Secret')
        .choices(['pem', 'p12', 'secret'])
        .makeOptionMandatory(),
    )
    .option('--out <path>', 'folder (pem, default ./NAME) or file (p12, default ./NAME.p12; secret, default stdout)')
    .option('--password-env <variable>', 'environment variable with the password of the PKCS#12 file')
    .option('--password-file <file>', 'file with it; without either it is asked for')
    .action(async (name: string, options: ExportOptions) =>
      end(await (await import('./certs-export.ts')).certsExport(name, options)),
    )

  basic(certs.command('revoke'), ['certs revoke backup --reason keyCompromise', 'certs revoke 5F2A…'])
    .description('revoke a certificate: members refuse it from the next connection on')
    .argument('<name-or-serial>', 'a client, a member, or the serial of one certificate')
    .addOption(new Option('--reason <reason>', 'why').choices(Object.keys(revocationReasons)).default('unspecified'))
    .option('--json', 'JSON lines for programs')
    .option('-v, --verbose', 'every command on every host, with its time')
    .option('--accept-new-host-keys', 'accept the keys of hosts that known_hosts does not have')
    .action(async (what: string, options: RevokeOptions) =>
      end(await (await import('./certs-revoke.ts')).certsRevoke(what, options)),
    )

  basic(certs.command('import-ca'), [
    'certs import-ca --cert /etc/etcd/pki/ca.crt --key /etc/etcd/pki/ca.key',
    'certs import-ca prod.ts --p12 ca.p12 --passphrase-file ca.pass',
  ])
    .description('take in a CA that you have: before the first up, or as the target of rotate-certs --ca --to imported')
    .argument('[inventory]', 'inventory file')
    .option('--cert <file>', "the CA's certificate, PEM or DER")
    .option('--key <file>', 'its private key, PEM')
    .option('--p12 <file>', 'both in a PKCS#12 file')
    .option('--crl <file>', 'its revocation list: what it revoked stays revoked')
    .option('--passphrase-env <variable>', 'environment variable with the passphrase of the key')
    .option('--passphrase-file <file>', 'file with it; without either it is asked for where the key is encrypted')
    .action(async (file: string | undefined, options: ImportOptions) =>
      end(await (await import('./certs-import-ca.ts')).certsImportCa(withFile(options, file))),
    )
}

function commas(text: string, before: string[] = []): string[] {
  return [...before, ...text.split(',').map((name) => name.trim())]
}
