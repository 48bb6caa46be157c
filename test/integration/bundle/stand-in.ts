import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * In place of Muster's own command: remembers what it was asked, and can be told to fail. What the real one does is tested
 * with the real one; here the order of the installer's steps is.
 */
const MUSTER = `#!/bin/sh
root=$(dirname "$(readlink -f "$0")")
prefix=$(dirname "$(dirname "$root")")
echo "$(basename "$root") $*" >>"$prefix/calls"
[ ! -e "$prefix/fail-$1-$(basename "$root")" ] || exit 1
case "$1 $2" in
  'up --detach') echo running >"$prefix/state" ;;
  'down ') rm -f "$prefix/state" ;;
  'status --json') if [ -e "$prefix/state" ]; then echo '  "pid": 42,'; else echo '  "pid": null,'; fi ;;
  'migrate --status') cat "$prefix/waiting" 2>/dev/null || exit 1 ;;
esac
`

/** In place of systemd's: remembers what it was asked; everything is active once it has been started. */
const SYSTEMCTL = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >>"$here/calls"
case $1 in
  start | restart) touch "$here/active" ;;
  is-active) [ -e "$here/active" ] ;;
  is-failed) exit 1 ;;
esac
`

const writeProgram = (path: string, text: string): void => {
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

/** Give a bundle's release a command that only remembers, and one migration more. */
export const standInRelease = (folder: string, migrations: Readonly<Record<string, string>>): void => {
  const release = join(folder, 'release')
  writeProgram(join(release, 'muster'), MUSTER)
  writeProgram(join(release, 'node', 'bin', 'node'), '#!/bin/sh\nexit 0\n')
  for (const [file, sql] of Object.entries({ '0001_jobs.sql': 'create table job ()', ...migrations })) {
    mkdirSync(join(release, 'infra', 'postgres', 'migrations'), { recursive: true })
    writeFileSync(join(release, 'infra', 'postgres', 'migrations', file), sql)
  }
}

/** A folder for PATH with a `systemctl` that only remembers. */
export const standInSystemctl = (dir: string): string => {
  writeProgram(join(dir, 'bin', 'systemctl'), SYSTEMCTL)
  return `${join(dir, 'bin')}:${process.env.PATH}`
}

/** What a stand-in was asked so far, one call a line, without what only asks back. */
export const callsIn = (folder: string): readonly string[] =>
  readFileSync(join(folder, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => !/status --json|^is-/.test(line))
