// Names of the files in a zip archive: its central directory (APPNOTE 4.3.12 and 4.3.16).

export function zipNames(archive: Buffer): string[] {
  const end = archive.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new Error('no zip archive');
  const count = archive.readUInt16LE(end + 10);
  const names: string[] = [];
  for (let at = archive.readUInt32LE(end + 16), i = 0; i < count; i++) {
    const [name, extra, comment] = [archive.readUInt16LE(at + 28), archive.readUInt16LE(at + 30), archive.readUInt16LE(at + 32)];
    names.push(archive.toString('utf8', at + 46, at + 46 + name));
    at += 46 + name + extra + comment;
  }
  return names;
}
