// The story of README.md, told by node-soap. The package `soap` is found by NODE_PATH.
'use strict';

const assert = require('node:assert');
const soap = require('soap');

const [url, user, password] = process.argv.slice(2);
const base = url.slice(0, url.lastIndexOf('/'));
const BINDING = 'http://www.imsglobal.org/services/common/imsMessBindSchema_v1p0';
const OK = 'success/status';
const FAILURE = 'failure/error/groupmanagement/';
let step = 0;

async function connect(service, secret) {
  const client = await soap.createClientAsync(`${base}/${service}.svc?wsdl`);
  client.setSecurity(new soap.WSSecurity(user, secret, { passwordType: 'PasswordText', hasTimeStamp: true }));
  return client;
}

const list = (value) => (value === undefined || value === null ? [] : Array.isArray(value) ? value : [value]);

/** Calls an operation; gives its statuses in short, and its body. */
async function call(client, operation, body) {
  step += 1;
  client.clearSoapHeaders();
  client.addSoapHeader({ 'b:syncRequestHeaderInfo': { 'b:messageIdentifier': `node-${step}` } }, '', 'b', BINDING);
  const [result, , header] = await client[`${operation}Async`](body);
  const info = header.syncResponseHeaderInfo;
  assert.strictEqual(info.messageIdentifier, `node-${step}`);
  const statuses = info.statusInfoSet ? list(info.statusInfoSet.statusInfo) : [info.statusInfo];
  return [statuses.map(short), result];
}

function short(status) {
  const fields = status.codeMinor ? list(status.codeMinor.codeMinorField) : [];
  return [`${status.codeMajor}/${status.severity}`, ...fields.map((field) => `${field.codeMinorName}/${field.codeMinorValue}`)].join('/');
}

function expect(what, found, expected) {
  assert.deepStrictEqual(found, expected, what);
  console.log(`node-soap: ${what}`);
}

const pair = (key, parent, title, type = 'Unspecified', level = '-1') => ({
  sourcedId: { identifier: key },
  group: {
    groupType: { scheme: 'ItslearningOrganisationTypes', typeValue: [{ type, level }] },
    relationship: [{ relation: 'Parent', sourceId: { identifier: parent } }],
    description: { descShort: title },
  },
});

async function story() {
  const groups = await connect('GroupManagementServiceSync', password);
  const persons = await connect('PersonManagementServiceSync', password);
  const memberships = await connect('MembershipManagementServiceSync', password);

  const wrong = await connect('GroupManagementServiceSync', 'wrong');
  const fault = await wrong.readGroupAsync({ sourcedId: { identifier: 'root' } }).then(
    () => 'let in',
    (error) => error.root.Envelope.Body.Fault.faultcode,
  );
  expect('a wrong password is a fault', String(fault.$value ?? fault).split(':').pop(), 'FailedAuthentication');

  const keys = ['AAAAA', 'BBBBB', 'CCCCC', 'CCC'];
  const pairs = [pair('node-school', 'root', 'School & more', 'School', '1'), pair('node-bad', 'node-nowhere', 'Bad')];
  pairs.push(...keys.map((key) => pair(`node-${key}`, 'node-school', key)));
  let [found, body] = await call(groups, 'createGroups', { groupIdPairSet: { groupIdPair: pairs } });
  expect('one of six groups is refused', found, [OK, `${FAILURE}invaliddata`, OK, OK, OK, OK]);

  [found, body] = await call(groups, 'readGroup', { sourcedId: { identifier: 'node-school' } });
  expect('a group is read', [found, body.group.description.descShort], [[OK], 'School & more']);

  const part = (namePartType, namePartValue) => ({ namePartType, namePartValue });
  const person = {
    name: { partName: [part('First', 'Ada'), part('Last', 'Invented')] },
    institutionRole: [{ institutionRoleType: 'Student', primaryRoleType: true }],
  };
  [found] = await call(persons, 'createPerson', { sourcedId: { identifier: 'node-ada' }, person });
  expect('a person is made', found, [OK]);
  const member = { memberSourcedId: { identifier: 'node-ada' }, idType: 'Person', role: [{ roleType: 'Learner' }] };
  const membership = { groupSourcedId: { identifier: 'node-school' }, member };
  [found] = await call(memberships, 'createMembership', { sourcedId: { identifier: 'node-m' }, membership });
  expect('and joins', found, [OK]);
  [found, body] = await call(groups, 'readGroupsForPerson', { personSourcedId: { identifier: 'node-ada' } });
  const titles = list(body.groupSet.group).map((group) => group.description.descShort);
  expect('the groups of the person are read', [found, titles], [[OK], ['School & more']]);

  const changes = keys.slice(0, 3).map((key) => ({ firstId: `node-${key}`, secondId: `node-${key.slice(0, 3)}` }));
  [found] = await call(groups, 'changeGroupsIdentifier', { pairSourcedIdSet: { identifierPair: changes } });
  expect('two of three keys are changed', found, [OK, OK, `${FAILURE}idallocinusefail`]);

  [found] = await call(groups, 'deleteGroups', { sourcedIdSet: { identifier: ['node-AAA', 'node-school', 'node-BBB'] } });
  expect('what is below a deleted group is gone', found, [OK, OK, `${FAILURE}unknownobject`]);
  [found] = await call(groups, 'readGroup', { sourcedId: { identifier: 'node-CCC' } });
  expect('and is not found', found, [`${FAILURE}unknownobject`]);
  [found] = await call(persons, 'deletePerson', { sourcedId: { identifier: 'node-ada' } });
  expect('the person is deleted', found, [OK]);
}

story().catch((error) => {
  console.error(error);
  process.exit(1);
});
