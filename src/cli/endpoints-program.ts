import { Option, type Command } from 'commander'

import { programs } from './client-settings.ts'
import { basic, withFile } from './command-options.ts'
import type { EndpointsOptions } from './endpoints.ts'

export function addEndpoints(root: Command, end: (code: number) => void): void {
  basic(root.command('endpoints'), [
    'endpoints',
    'endpoints --for etcdctl',
    'endpoints prod.ts --for kube-apiserver --client apiserver',
    'endpoints --for kubeadm --dir /etc/kubernetes/pki/etcd',
  ])
    .description(
      'print where clients find the cluster, and with --for a program’s settings, ready to paste; no host is asked',
    )
    .argument('[inventory]', 'inventory file')
    .addOption(new Option('--for <program>', 'in the form that it takes').choices(programs))
    .option(
      '--client <name>',
      'the client certificate to use (default for etcdctl: the admin’s, for others the only one)',
    )
    .option('--dir <dir>', 'the folder where ca.crt, NAME.crt and NAME.key lie, here or on the machine that uses them')
    .option('--json', 'one JSON object for programs')
    .action(async (file: string | undefined, options: EndpointsOptions) =>
      end(await (await import('./endpoints.ts')).endpoints(withFile(options, file))),
    )
}
