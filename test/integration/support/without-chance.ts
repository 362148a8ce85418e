/** What is not the same in two runs, or is so in the lab alone, is put as it might be elsewhere. */
export function withoutChance(words: string): string {
  return replacements.reduce((text, [pattern, by]) => text.replaceAll(pattern, by), words)
}

const replacements: [RegExp, string][] = [
  [/^warning: .* is in memory \(tmpfs\).*\n+/gm, ''],
  [/[^\s'"(]*\/etcd-deploy-test-\w+/g, '/home/ana/etcd'],
  [/[^\s'"(]*\/test\/lab\/\.state\//g, '/home/ana/.ssh/'],
  [/[^\s'"(]*\/etcd-deploy-lab\/releases/g, '/home/ana/releases'],
  [/http:\/\/127\.0\.0\.1:\d+/g, 'https://mirror.example.com'],
  [/\b10\.213\.96\./g, '10.0.0.'],
  [/\bfd00:213:96::/g, 'fd00::'],
  [/\b[\w-]+@[\w.-]+(?=, etcd-deploy )/g, 'ana@laptop'],
  [/\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d{4})/g, '2026-11-20T10:00:00Z'],
  [/\bSHA256:[A-Za-z0-9+/]{43}/g, 'SHA256:…'],
  [/\b([0-9A-F]{2}:){5,}[0-9A-F]{2}\b/g, '3A:7F:…'],
  [/\b([0-9a-f]{12,128}|[0-9A-F]{20,40})\b/g, '…'],
  [/\bpid[= ]\d+/g, 'pid …'],
]
