/** As `engines` of package.json has it, which a program that was bundled does not find. */
const needed = '>=22.22'

const numbersOf = (version: string): readonly [major: number, minor: number] => {
  const [major = 0, minor = 0] = version.replace(/^\D+/, '').split('.').map(Number)
  return [major, minor]
}

/**
 * What is wrong with running on Node `version`, and the way out; `undefined` where it will do. npm only warns of a Node
 * that is too old for a package, and what fails there later says nothing of it.
 */
export const nodeComplaint = (version: string): string | undefined => {
  const [major, minor] = numbersOf(version)
  const [majorMin, minorMin] = numbersOf(needed)
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return undefined
  return `this is Node ${version}, and millrace needs ${majorMin}.${minorMin} or later: install a newer one, from https://nodejs.org or with 'npm install --save-dev node@${majorMin}'`
}
