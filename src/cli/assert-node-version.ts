/** Imported before everything else: an old Node would fail somewhere in the middle, with words that tell nobody what to do. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `crossbound needs Node 22.18 or newer, and this is ${process.versions.node}. Install a current one (nodejs.org), or the npm package "node".\n`,
  );
  process.exit(2);
}
