// node-opcua's server for the benchmark: as `ours.py`, by lines on stdin.
"use strict";
const opcua = require("node-opcua");
const readline = require("readline");

async function main() {
  const count = parseInt(process.argv[2], 10);
  const server = new opcua.OPCUAServer({
    port: parseInt(process.argv[3], 10), allowAnonymous: true, hostname: "127.0.0.1",
    serverCapabilities: { maxSessions: 100, maxMonitoredItems: 1000000 },
  });
  await server.initialize();
  const space = server.engine.addressSpace, own = space.getOwnNamespace();
  const variables = [];
  const began = process.hrtime.bigint();
  const folder = own.addFolder(space.rootFolder.objects, { browseName: "F" });
  for (let n = 0; n < count; n++) {
    variables.push(own.addVariable({
      componentOf: folder, nodeId: `s=F/${n}`, browseName: `V${n}`, dataType: "Double",
      minimumSamplingInterval: 0, value: { dataType: opcua.DataType.Double, value: 0 },
    }));
  }
  const created = Number(process.hrtime.bigint() - began) / 1e9;
  await server.start();
  const url = `opc.tcp://127.0.0.1:${process.argv[3]}`;
  process.stdout.write(JSON.stringify({ url, created, index: own.index }) + "\n");

  let timer = null, step = 0;
  readline.createInterface({ input: process.stdin }).on("line", (line) => {
    const [some, hertz] = line.split(" ").map(Number);
    if (timer) clearTimeout(timer);
    let due = performance.now();
    const change = () => {
      step += 1;
      for (let n = 0; n < some; n++) {
        variables[n].setValueFromSource({ dataType: opcua.DataType.Double, value: step + n / 1000 });
      }
      due = Math.max(due + 1000 / hertz, performance.now() - 1000);
      timer = setTimeout(change, Math.max(due - performance.now(), 0));
    };
    change();
  }).on("close", () => process.exit(0));
}

main().catch((error) => { process.stderr.write(`${error.stack}\n`); process.exit(1); });
