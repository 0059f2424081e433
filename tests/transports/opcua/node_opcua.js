// npm's node-opcua as a client: one line of JSON on stdout says what it saw.
"use strict";
const opcua = require("node-opcua");
const url = process.argv[2];

async function main() {
  const seen = {};
  const client = opcua.OPCUAClient.create({
    endpointMustExist: false,
    connectionStrategy: { maxRetry: 0 },
    securityMode: opcua.MessageSecurityMode[process.argv[3] || "None"],
    securityPolicy: opcua.SecurityPolicy[process.argv[4] || "None"],
  });
  await client.connect(url);
  const session = await client.createSession();
  const cell = "ns=2;s=CELL";

  const browsed = await session.browse(cell);
  seen.browsed = browsed.references.map((one) => one.browseName.name);
  const rest = await session.browse({ nodeId: "ns=2;s=CELL/TURN-1/Status", resultMask: 63 });
  seen.status = rest.references.length;

  const temperature = `${cell}/Coolant/Temperature`, setpoint = `${cell}/Coolant/Setpoint`;
  const read = await session.read({ nodeId: setpoint, attributeId: opcua.AttributeIds.Value });
  seen.read = [read.value.value, opcua.DataType[read.value.dataType], read.statusCode.name];

  const wrote = await session.write({
    nodeId: setpoint, attributeId: opcua.AttributeIds.Value,
    value: { value: { dataType: opcua.DataType.Double, value: 42.5 } },
  });
  seen.wrote = wrote.name;
  const wrong = await session.write({
    nodeId: setpoint, attributeId: opcua.AttributeIds.Value,
    value: { value: { dataType: opcua.DataType.String, value: "hot" } },
  });
  seen.wrong = wrong.name;
  seen.after = (await session.read({ nodeId: setpoint, attributeId: 13 })).value.value;

  const call = (name) => session.call({
    objectId: `${cell}/TURN-1/Command`, methodId: `${cell}/TURN-1/Command/${name}`,
    inputArguments: [],
  });
  seen.called = [(await call("Stop")).statusCode.name, (await call("Hold")).statusCode.name];

  const subscription = await session.createSubscription2({
    requestedPublishingInterval: 50, requestedLifetimeCount: 100, requestedMaxKeepAliveCount: 10,
    maxNotificationsPerPublish: 100, publishingEnabled: true, priority: 1,
  });
  const item = await subscription.monitor(
    { nodeId: temperature, attributeId: opcua.AttributeIds.Value },
    { samplingInterval: 0, discardOldest: true, queueSize: 10 }, opcua.TimestampsToReturn.Both);
  const values = [];
  await new Promise((resolve) => item.on("changed", (data) => {
    values.push(data.value.value);
    if (values.length === 5) resolve();
  }));
  seen.subscribed = values;

  const history = await session.readHistoryValue(
    temperature, new Date(Date.UTC(2000)), new Date(Date.UTC(2100)));
  seen.history = [history.statusCode.name, history.historyData.dataValues.length >= 5];

  const fields = ["EventId", "ConditionName", "AckedState.Id", "Retain", "Message"];
  const filter = opcua.constructEventFilter(
    [...fields, "ConditionId"], opcua.ofType("AlarmConditionType"));
  const events = await subscription.monitor(
    { nodeId: "i=2253", attributeId: opcua.AttributeIds.EventNotifier },
    { samplingInterval: 0, discardOldest: true, queueSize: 100, filter },
    opcua.TimestampsToReturn.Both);
  const alarms = [];
  let wake = () => {};
  events.on("changed", (found) => { alarms.push(found.map((one) => one.value)); wake(); });
  const next = (holds) => new Promise((resolve) => {
    wake = () => { const one = alarms.find(holds); if (one) resolve(one); };
    wake();
  });
  process.stdout.write("listening\n");
  const active = await next((one) => one[1] === "Breakdown" && one[2] === false);
  const acknowledged = await session.acknowledgeCondition(active[5], active[0], "seen");
  const after = await next((one) => one[1] === "Breakdown" && one[2] === true);
  seen.alarm = [acknowledged.name, active[4].text, after[3]];

  await subscription.terminate();
  await session.close();
  await client.disconnect();
  process.stdout.write(JSON.stringify(seen) + "\n");
}

main().then(() => process.exit(0), (error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
