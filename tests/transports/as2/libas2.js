// libas2 as the other end: one job as JSON on stdin, its result as JSON on stdout.
const { AS2MimeNode, AS2Parser } = require('libas2')

const jobs = {
  // encrypt a payload for a certificate
  async encrypt ({ payload, cert, encryption }) {
    const content = Buffer.from(payload, 'base64')
    const node = new AS2MimeNode({ content, contentType: 'application/edi-x12' })
    return { raw: (await (await node.encrypt({ cert, encryption })).build()).toString('base64') }
  },
  // decrypt and verify, whatever of it there is
  async open ({ raw, cert, key, signer }) {
    let node = await AS2Parser.parse(Buffer.from(raw, 'base64'))
    const seen = []
    if (node.smime && !node.signed) {
      node = await node.decrypt({ cert, key })
      seen.push('encrypted')
    }
    if (node.signed) {
      node = await node.verify({ cert: signer })
      seen.push('signed')
    }
    return { seen, payload: Buffer.from(node.content).toString('base64') }
  },
  // read a receipt
  async receipt ({ raw, signer }) {
    const node = await AS2Parser.parse(Buffer.from(raw, 'base64'))
    const found = await node.dispositionIn(node.signed ? { cert: signer } : undefined)
    const { notification } = found
    return { notification }
  }
}

const chunks = []
process.stdin.on('data', chunk => chunks.push(chunk))
process.stdin.on('end', async () => {
  const job = JSON.parse(Buffer.concat(chunks).toString())
  console.log(JSON.stringify(await jobs[job.do](job)))
})
